import { ByteFormatError, ByteReader } from '@keyfold/kms-api/bytes'

import { BOUND, EXTENDED, type EdekFields } from './edek-fields.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads an EDEK. The layout has one form for any fields: what is read is written again as the same bytes.
 *
 * ```abnf
 * edek       = unbound / bound
 * unbound    = UV key-name ciphertext   ; UV is the length of key-name in its shortest form, not 0; as Kroxylicious writes it
 * bound      = %x00 %x01 unbound        ; with an encryption context, Keyfold's own: version 1 of the extension
 * key-name   = 1*OCTET                  ; UTF-8
 * ciphertext = 1*OCTET                  ; the rest: the text that Vault gave
 * ```
 *
 * @param bytes - neither kept nor changed.
 * @returns `undefined` for bytes that are no EDEK.
 */
export function decodeEdek(bytes: Uint8Array): EdekFields | undefined {
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
