import { ByteReader, uvarintLength, writeUvarint } from '@keyfold/kms-api/bytes'

import { parsing, WireError } from './wire-error.ts'

// wrapper = head iv text tag                     ; version 2: the value of an encrypted record
// head    = cipher-id edek-length edek aad-id
// cipher-id   = %x00                             ; AES_256_GCM_128; nothing else is legal in version 2
// edek-length = UV                               ; 1 to 32,767: the Java writer narrows it to a signed 16-bit number
// edek        = 1*OCTET                          ; opaque here
// aad-id      = %x00                             ; NONE
// iv          = 12OCTET
// text        = *OCTET                           ; the encrypted parcel
// tag         = 16OCTET                          ; the last 16 bytes of the value

const CIPHER_AES_256_GCM_128 = 0
const AAD_NONE = 0
/** Longest EDEK, both ways. */
export const MAX_EDEK = 32_767
export const IV_LENGTH = 12
export const TAG_LENGTH = 16

/** Where the parts of a wrapper stand in the record's value. */
export interface WrapperLayout {
  readonly edekStart: number
  readonly edekEnd: number
  /** The head ends and the IV starts here. */
  readonly ivStart: number
}

/** Encodes the head that all records under one EDEK share. @throws RangeError for an EDEK that cannot be written. */
export function encodeHead(edek: Uint8Array): Uint8Array {
  if (edek.length < 1 || edek.length > MAX_EDEK) {
    throw new RangeError(`"edek" expected 1 to ${MAX_EDEK} bytes, got length=${edek.length}`)
  }
  const head = new Uint8Array(2 + uvarintLength(edek.length) + edek.length)
  head[0] = CIPHER_AES_256_GCM_128
  head.set(edek, writeUvarint(head, 1, edek.length))
  head[head.length - 1] = AAD_NONE
  return head
}

/**
 * Reads the head of a wrapper and checks that an IV and a tag can follow. Allocates nothing that a claimed length asks for.
 *
 * @throws WireError `malformed`, or `unsupported` for another cipher or AAD.
 */
export function parseWrapper(value: Uint8Array): WrapperLayout {
  return parsing('wrapper', () => {
    const reader = new ByteReader(value)
    const cipher = reader.u8()
    if (cipher !== CIPHER_AES_256_GCM_128)
      throw new WireError(
        'unsupported',
        `the wrapper names cipher ${cipher}, and only 0 (AES_256_GCM_128) is supported`,
      )
    const length = reader.uvarint()
    if (length < 1 || length > MAX_EDEK)
      throw new WireError('malformed', `the wrapper holds an EDEK of no byte, or of more than ${MAX_EDEK}`)
    const edekStart = reader.skip(length)
    const aad = reader.u8()
    if (aad !== AAD_NONE)
      throw new WireError('unsupported', `the wrapper names AAD ${aad}, and only 0 (NONE) is supported`)
    const ivStart = reader.position
    reader.skip(IV_LENGTH + TAG_LENGTH)
    return { edekStart, edekEnd: edekStart + length, ivStart }
  })
}
