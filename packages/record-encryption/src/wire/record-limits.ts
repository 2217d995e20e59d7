/** A record has at most this many bytes: what is encrypted, in whole blocks of the cipher, with its key and the headers that stay outside. Both ways. */
export const MAX_RECORD_BYTES = 16 * 2 ** 20
/** A record has at most this many headers beside the marker, encrypted or not. Both ways. */
export const MAX_RECORD_HEADERS = 16_384

const AES_BLOCK = 16

/** Returns the bytes that limits count for a parcel: whole blocks of the cipher. */
export function blockBytes(parcel: number): number {
  return Math.ceil(parcel / AES_BLOCK) * AES_BLOCK
}
