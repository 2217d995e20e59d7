import { Buffer } from 'node:buffer'

import { ByteWriter, uvarintLength } from '@keyfold/kms-api/bytes'

import { BOUND, UNBOUND, type EdekFields } from './edek-fields.ts'

/**
 * Writes an EDEK; the layout stands at {@link decodeEdek}. The caller owns the result.
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
