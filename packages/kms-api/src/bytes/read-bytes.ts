import { ByteFormatError } from './byte-format-error.ts'
import { ByteReader } from './byte-reader.ts'

/**
 * Reads bytes of a format with a {@link ByteReader}: the body of a `decodeEdek`.
 *
 * @param bytes - neither kept nor changed, unless the result of `read` refers to them.
 * @returns `undefined` if `read` returns that, or if the bytes end too soon or hold a malformed varint.
 */
export function readBytes<T>(bytes: Uint8Array, read: (reader: ByteReader) => T | undefined): T | undefined {
  try {
    return read(new ByteReader(bytes))
  } catch (error) {
    if (error instanceof ByteFormatError) return undefined
    throw error
  }
}
