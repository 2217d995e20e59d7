import { Buffer } from 'node:buffer'

import { ByteWriter, uvarintLength } from '@keyfold/kms-api/bytes'

import { BOUND, EXTENDED, type EdekFields } from './edek-fields.ts'

/**
 * Writes an EDEK; the layout stands at {@link decodeEdek}. The caller owns the result.
 *
 * @throws RangeError for fields that no reader accepts: an empty name or ciphertext, a name with a lone surrogate.
 */
export function encodeEdek({ bound, keyName, ciphertext }: EdekFields): Uint8Array {
  if (keyName === '' || /\p{Surrogate}/u.test(keyName))
    throw new RangeError('"keyName" expected non-empty, well-formed text')
  if (ciphertext.length === 0) throw new RangeError('"ciphertext" expected at least 1 byte, got length=0')
  const name = Buffer.from(keyName, 'utf8')
  const writer = new ByteWriter(
    new Uint8Array((bound ? 2 : 0) + uvarintLength(name.length) + name.length + ciphertext.length),
  )
  if (bound) writer.u8(EXTENDED).u8(BOUND)
  return writer.uvarint(name.length).bytes(name).bytes(ciphertext).written()
}
