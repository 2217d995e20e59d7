import { Buffer } from 'node:buffer'

import { ByteFormatError, ByteReader, ByteWriter, uvarintLength } from '@keyfold/kms-api/bytes'

import { isKeyName } from './names.ts'

/** The parts of an EDEK, as they lie in its bytes. */
export interface EdekLayout {
  /** Whether an encryption context is bound to it. */
  readonly bound: boolean
  readonly keyName: string
  readonly ciphertext: Uint8Array
}

/** What an EDEK in its one canonical form says. */
export interface VaultEdek {
  readonly bound: boolean
  /** The name of the key that wrapped it. */
  readonly keyName: string
  /** The version of that key. */
  readonly version: string
  /** What Vault takes to unwrap it. */
  readonly ciphertext: string
}

/** An EDEK with a bound context starts with this: as the length of a name it would be none. */
const EXTENDED = 0x00
/** The version of the extension. */
const BOUND = 0x01

/** 60 bytes in base64: the nonce (12), the DEK (32) and the tag (16). No character of it has a second spelling. */
const CIPHERTEXT = /^vault:v([1-9][0-9]{0,8}):[A-Za-z0-9+/]{80}$/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Encodes an EDEK. The caller owns the result.
 *
 * ```abnf
 * edek       = unbound / bound
 * unbound    = UV key-name ciphertext           ; UV is the length of key-name in its shortest form, not 0; as Kroxylicious writes it
 * bound      = %x00 %x01 unbound                ; with an encryption context, Keyfold's own: version 1 of the extension
 * key-name   = 1*OCTET                          ; UTF-8; accepted are the names that Vault's routes accept, in ASCII
 * ciphertext = 1*OCTET                          ; the text that Vault gave; accepted is %s"vault:v" version ":" base64
 * version    = %x31-39 *8DIGIT
 * base64     = 80( ALPHA / DIGIT / "+" / "/" )  ; decodes to exactly 60 bytes
 * ```
 *
 * @throws RangeError for parts that no reader accepts: an empty name or ciphertext, a name with a lone surrogate.
 */
export function encodeEdek({ bound, keyName, ciphertext }: EdekLayout): Uint8Array {
  if (keyName === '' || !keyName.isWellFormed()) throw new RangeError('"keyName" expected non-empty, well-formed text')
  if (ciphertext.length === 0) throw new RangeError('"ciphertext" expected at least 1 byte, got length=0')
  const name = Buffer.from(keyName, 'utf8')
  const length = (bound ? 2 : 0) + uvarintLength(name.length) + name.length + ciphertext.length
  const writer = new ByteWriter(new Uint8Array(length))
  if (bound) writer.u8(EXTENDED).u8(BOUND)
  return writer.uvarint(name.length).bytes(name).bytes(ciphertext).written()
}

/** Decodes an EDEK by its grammar alone: its strings are hostile input until a boundary has accepted them. `undefined` for any other bytes. */
export function decodeEdek(edek: Uint8Array): VaultEdek | undefined {
  const layout = decodeLayout(edek)
  if (layout === undefined || !isKeyName(layout.keyName)) return undefined
  const { bound, keyName } = layout
  const ciphertext = Buffer.from(layout.ciphertext).toString('latin1')
  const version = versionOf(ciphertext)
  return version === undefined ? undefined : { bound, keyName, version, ciphertext }
}

/**
 * Reads the layout of an EDEK: there is one form for any parts, so what is read is written again as the same bytes.
 *
 * @param bytes - neither kept nor changed.
 * @returns `undefined` for bytes that are no EDEK.
 */
export function decodeLayout(bytes: Uint8Array): EdekLayout | undefined {
  const bound = bytes[0] === EXTENDED
  const reader = new ByteReader(bytes)
  try {
    if (bound && (reader.u8() !== EXTENDED || reader.u8() !== BOUND)) return undefined
    const keyName = utf8.decode(reader.take(reader.minimalUvarint()))
    if (keyName === '' || reader.remaining === 0) return undefined
    return { bound, keyName, ciphertext: new Uint8Array(reader.take(reader.remaining)) }
  } catch (error) {
    // TextDecoder throws a TypeError for ill-formed UTF-8.
    if (error instanceof ByteFormatError || error instanceof TypeError) return undefined
    throw error
  }
}

/**
 * Returns the key version of a ciphertext in its one canonical form; `undefined` for anything else. Vault itself takes more spellings of the same
 * (`v01`, line feeds), which would give one DEK many EDEKs.
 */
export function versionOf(ciphertext: string): string | undefined {
  return CIPHERTEXT.exec(ciphertext)?.[1]
}
