import { ByteFormatError, ByteReader } from '@keyfold/kms-api/bytes'

import { BOUND, UNBOUND, type EdekFields } from './edek-fields.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads an EDEK. The layout has one form for any fields: what is read is written again as the same bytes.
 *
 * ```abnf
 * edek    = unbound / bound
 * unbound = %x00 UV key-id blob   ; UV is the length of key-id in its shortest form; as Kroxylicious writes it
 * bound   = %x02 UV key-id blob   ; with an encryption context, Keyfold's own
 * key-id  = 1*OCTET               ; UTF-8; AWS: a key id, or the key ARN of another account
 * blob    = 1*OCTET               ; the rest: the CiphertextBlob of AWS KMS
 * ```
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
