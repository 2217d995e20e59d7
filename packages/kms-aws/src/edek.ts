import { Buffer } from 'node:buffer'

import type { Edek, KekHint } from '@keyfold/kms-api'
import { ByteFormatError, ByteReader, ByteWriter, uvarintLength } from '@keyfold/kms-api/bytes'

import { parseArn } from './keys/arn.ts'
import { isKeyId } from './keys/key-id.ts'
import { PROVIDER } from './provider.ts'

/** The contents of an EDEK of this provider. */
export interface EdekFields {
  /** Whether an encryption context is bound to it. */
  readonly bound: boolean
  /** The key that wrapped it. Hostile until the boundary has accepted it. */
  readonly keyId: string
  /** The `CiphertextBlob` of AWS KMS. */
  readonly blob: Uint8Array
}

/** The largest `CiphertextBlob` that AWS KMS sends and accepts. */
export const MAX_BLOB = 6_144

/** The first byte of an EDEK without an encryption context, as Kroxylicious writes it. */
const UNBOUND = 0x00
/** The first byte of an EDEK with a bound context. */
const BOUND = 0x02

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Encodes an EDEK. The caller owns the result.
 *
 * ```abnf
 * edek    = unbound / bound
 * unbound = %x00 UV key-id blob   ; UV is the length of key-id in its shortest form; as Kroxylicious writes it
 * bound   = %x02 UV key-id blob   ; with an encryption context, Keyfold's own
 * key-id  = 1*OCTET               ; UTF-8; AWS: a key id, or the key ARN of another account
 * blob    = 1*OCTET               ; the rest: the CiphertextBlob of AWS KMS
 * ```
 *
 * @throws RangeError for fields that no reader accepts: an empty key id or blob, a key id with a lone surrogate.
 */
export function encodeEdek({ bound, keyId, blob }: EdekFields): Uint8Array {
  if (keyId === '' || /\p{Surrogate}/u.test(keyId)) throw new RangeError('"keyId" expected non-empty, well-formed text')
  if (blob.length === 0) throw new RangeError('"blob" expected at least 1 byte, got length=0')
  const name = Buffer.from(keyId, 'utf8')
  const writer = new ByteWriter(new Uint8Array(1 + uvarintLength(name.length) + name.length + blob.length))
  return writer
    .u8(bound ? BOUND : UNBOUND)
    .uvarint(name.length)
    .bytes(name)
    .bytes(blob)
    .written()
}

/**
 * Decodes an EDEK. The layout has one form for any fields: what is decoded is encoded again as the same bytes.
 *
 * @param bytes - neither kept nor changed.
 * @returns `undefined` for bytes that are no EDEK.
 */
export function decodeEdek(bytes: Uint8Array): EdekFields | undefined {
  const reader = new ByteReader(bytes)
  try {
    const format = reader.u8()
    if (format !== UNBOUND && format !== BOUND) return undefined
    const keyId = utf8.decode(reader.take(reader.minimalUvarint()))
    if (keyId === '' || reader.remaining === 0) return undefined
    return { bound: format === BOUND, keyId, blob: new Uint8Array(reader.take(reader.remaining)) }
  } catch (error) {
    // TextDecoder throws a TypeError for ill-formed UTF-8.
    if (error instanceof ByteFormatError || error instanceof TypeError) return undefined
    throw error
  }
}

/** Reads which key an EDEK names, for inspection: by the grammar of key ids, but without a boundary. `undefined` for bytes that are no EDEK. */
export function readEdek(edek: Edek): KekHint | undefined {
  const keyId = decodeEdek(edek)?.keyId
  if (keyId === undefined) return undefined
  const arn = parseArn(keyId)
  return isKeyId(keyId) || (arn?.kind === 'key' && isKeyId(arn.name)) ? { provider: PROVIDER, id: keyId } : undefined
}
