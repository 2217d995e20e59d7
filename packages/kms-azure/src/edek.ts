import { Buffer } from 'node:buffer'

import type { Edek, KekHint } from '@keyfold/kms-api'
import { ByteFormatError, ByteReader, ByteWriter } from '@keyfold/kms-api/bytes'

import { KEY_TYPES, type KeyType } from './keys/key-type.ts'
import { isKeyName, isKeyVersion, isVaultName } from './keys/names.ts'
import { PROVIDER } from './provider.ts'

/** What Azure needs to decrypt a DEK that was encrypted with A256GCM. */
export interface GcmParameters {
  readonly iv: Uint8Array
  readonly tag: Uint8Array
}

/** The parts of an EDEK. Those of a decoded one are hostile until the boundary has accepted them. */
export interface EdekFields {
  readonly keyName: string
  readonly vaultName: string
  readonly keyType: KeyType
  readonly keyVersion: string
  /** The wrapped DEK, or with `gcm` its ciphertext. */
  readonly wrapped: Uint8Array
  /** Present if an encryption context is bound to it. */
  readonly gcm?: GcmParameters | undefined
}

const HEX_VERSION = 0x00
const TEXT_VERSION = 0x01
const BOUND = 0x02

const VERSION_LENGTH = 32
const LOWER_HEX = /^[0-9a-f]{32}$/
const MAX_LENGTH = 127
const TAG_LENGTH = 16
/** The service makes the IV: 12 bytes, and 16 in the first builds of Managed HSM. */
const MIN_IV = 12
const MAX_IV = 16
const DEK_LENGTH = 32

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Encodes an EDEK. The caller owns the result.
 *
 * ```abnf
 * edek     = hex / text / bound
 * hex      = %x00 name vault type 16OCTET wrapped  ; a version of lower-case hex, as its 16 bytes; as Kroxylicious writes it
 * text     = %x01 name vault type version wrapped  ; any other version; as Kroxylicious writes it
 * bound    = %x02 name vault %x03 version iv tag ciphertext  ; with an encryption context (A256GCM), Keyfold's own
 * name     = length 1*127( ALPHA / DIGIT / "-" )
 * vault    = length 1*127OCTET                     ; the vault's or managed HSM's name, without the domain
 * type     = %x00-03                               ; RSA, RSA-HSM, oct, oct-HSM
 * version  = length 1*127OCTET                     ; UTF-8, 32 characters; accepted are letters and digits
 * wrapped  = 1*OCTET                               ; the rest; only 256, 384 or 512 bytes of RSA, or 40 of AES key wrap, are sent to Azure
 * iv       = length 12*16OCTET
 * tag      = 16OCTET
 * ciphertext = 32OCTET
 * length   = %x01-7F
 * ```
 *
 * @throws RangeError for parts that no reader accepts.
 */
export function encodeEdek({ keyName, vaultName, keyType, keyVersion, wrapped, gcm }: EdekFields): Uint8Array {
  if (!isKeyName(keyName)) throw new RangeError('"keyName" expected 1 to 127 letters, digits and hyphens')
  const vault = Buffer.from(vaultName, 'utf8')
  if (!isStorableVault(vaultName) || vault.length > MAX_LENGTH)
    throw new RangeError('"vaultName" expected 1 to 127 characters of ASCII')
  const text = Buffer.from(keyVersion, 'utf8')
  if (!isStorableVersion(keyVersion) || text.length > MAX_LENGTH)
    throw new RangeError('"keyVersion" expected 32 characters, at most 127 bytes of UTF-8')
  if (wrapped.length === 0) throw new RangeError('"wrapped" expected at least 1 byte, got length=0')
  const hex = gcm === undefined && LOWER_HEX.test(keyVersion)
  const version = hex ? Buffer.from(keyVersion, 'hex') : Buffer.concat([Buffer.of(text.length), text])
  const head = 4 + keyName.length + vault.length + version.length
  const tail = gcm === undefined ? 0 : 1 + gcm.iv.length + gcm.tag.length
  const writer = new ByteWriter(new Uint8Array(head + tail + wrapped.length))
    .u8(gcm !== undefined ? BOUND : hex ? HEX_VERSION : TEXT_VERSION)
    .u8(keyName.length)
    .bytes(Buffer.from(keyName, 'latin1'))
    .u8(vault.length)
    .bytes(vault)
    .u8(KEY_TYPES.indexOf(keyType))
    .bytes(version)
  if (gcm !== undefined) writer.u8(gcm.iv.length).bytes(gcm.iv).bytes(gcm.tag)
  return writer.bytes(wrapped).written()
}

/**
 * Decodes an EDEK. There is one form for any parts: what is decoded is encoded again as the same bytes. Whether the wrapped DEK fits the type of the
 * key is not part of the layout.
 *
 * @param bytes - neither kept nor changed.
 * @returns `undefined` for bytes that are no EDEK.
 */
export function decodeEdek(bytes: Uint8Array): EdekFields | undefined {
  const reader = new ByteReader(bytes)
  try {
    const format = reader.u8()
    if (format > BOUND) return undefined
    const keyName = takeText(reader)
    const vaultName = takeText(reader)
    const keyType = KEY_TYPES[reader.u8()]
    if (keyType === undefined || !isKeyName(keyName) || !isStorableVault(vaultName)) return undefined
    const keyVersion =
      format === HEX_VERSION ? Buffer.from(reader.take(VERSION_LENGTH / 2)).toString('hex') : takeText(reader)
    // The shortest format that fits is the canonical one.
    if (!isStorableVersion(keyVersion) || (format === TEXT_VERSION && LOWER_HEX.test(keyVersion))) return undefined
    if (format === BOUND && keyType !== 'oct-HSM') return undefined
    const gcm = format === BOUND ? takeGcm(reader) : undefined
    if (gcm === undefined ? reader.remaining === 0 : reader.remaining !== DEK_LENGTH) return undefined
    const wrapped = new Uint8Array(reader.take(reader.remaining))
    return { keyName, vaultName, keyType, keyVersion, wrapped, ...(gcm !== undefined && { gcm }) }
  } catch (error) {
    // TextDecoder throws a TypeError for ill-formed UTF-8.
    if (error instanceof ByteFormatError || error instanceof TypeError) return undefined
    throw error
  }
}

/** Reads which key an EDEK names, for inspection: by its grammar, but without a boundary. `undefined` for bytes that are no EDEK. */
export function readEdek(edek: Edek): KekHint | undefined {
  const layout = decodeEdek(edek)
  if (layout === undefined || !isVaultName(layout.vaultName) || !isKeyVersion(layout.keyVersion)) return undefined
  const { vaultName, keyName, keyVersion } = layout
  return { provider: PROVIDER, id: `${vaultName}/${keyName}`, name: keyName, version: keyVersion }
}

/** Kroxylicious writes the number of characters as the length in bytes, so what it can read back is ASCII. */
function isStorableVault(vaultName: string): boolean {
  return vaultName.trim() !== '' && Buffer.byteLength(vaultName) === vaultName.length
}

/** Kroxylicious stores any 32 characters. Which of them are the version of a key, the boundary decides. */
function isStorableVersion(keyVersion: string): boolean {
  return keyVersion.length === VERSION_LENGTH && keyVersion.trim() !== '' && keyVersion.isWellFormed()
}

/** Lengths are signed bytes. */
function takeText(reader: ByteReader): string {
  const length = reader.u8()
  if (length > MAX_LENGTH) throw new ByteFormatError('out-of-range')
  return utf8.decode(reader.take(length))
}

function takeGcm(reader: ByteReader): GcmParameters {
  const length = reader.u8()
  if (length < MIN_IV || length > MAX_IV) throw new ByteFormatError('out-of-range')
  const iv = new Uint8Array(reader.take(length))
  return { iv, tag: new Uint8Array(reader.take(TAG_LENGTH)) }
}
