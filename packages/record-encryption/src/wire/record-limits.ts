/**
 * The maximum size of a record: its encrypted part in whole blocks of the cipher, its key, and the headers that stay outside. Applies when
 * encrypting and decrypting.
 */
export const MAX_RECORD_BYTES = 16 * 2 ** 20
/** The maximum number of headers beside the marker, encrypted or not. Applies when encrypting and decrypting. */
export const MAX_RECORD_HEADERS = 16_384

const AES_BLOCK = 16

/** Returns the bytes that limits count for a parcel: whole blocks of the cipher. */
export function blockBytes(parcel: number): number {
  return Math.ceil(parcel / AES_BLOCK) * AES_BLOCK
}
