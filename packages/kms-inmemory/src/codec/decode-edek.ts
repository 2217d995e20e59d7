import { ByteFormatError, ByteReader, formatUuid } from '@keyfold/kms-api/provider-kit'

import { BOUND, isTagBits, type EdekFields } from './edek-fields.ts'
import { UUID_LENGTH } from './uuid.ts'

/**
 * Reads an EDEK. The layout has one form for any fields: what is read is written again as the same bytes.
 *
 * ```abnf
 * edek     = unbound / bound
 * unbound  = tag-bits iv-length iv kek-id wrapped   ; as Kroxylicious's in-memory KMS writes it
 * bound    = %x01 unbound                           ; with an encryption context, Keyfold's own
 * tag-bits = %x60 / %x68 / %x70 / %x78 / %x80
 * iv       = *OCTET                                 ; iv-length of them, 12 where Keyfold writes it
 * kek-id   = 16OCTET                                ; the UUID in the order of its text
 * wrapped  = *OCTET                                 ; the rest: AES-256-GCM of the DEK, with the tag
 * ```
 *
 * @param bytes - neither kept nor changed.
 * @returns `undefined` for bytes that are no EDEK.
 */
export function decodeEdek(bytes: Uint8Array): EdekFields | undefined {
  const reader = new ByteReader(bytes)
  try {
    const first = reader.u8()
    const bound = first === BOUND
    const tagBits = bound ? reader.u8() : first
    if (!isTagBits(tagBits)) return undefined
    const iv = new Uint8Array(reader.take(reader.u8()))
    const kekId = formatUuid(reader.take(UUID_LENGTH))
    return { bound, tagBits, iv, kekId, wrapped: new Uint8Array(reader.take(reader.remaining)) }
  } catch (error) {
    if (error instanceof ByteFormatError) return undefined
    throw error
  }
}
