import { ByteWriter, parseUuid } from '@keyfold/kms-api/provider-kit'

import { BOUND, isTagBits, MAX_IV, type EdekFields } from './edek-fields.ts'
import { UUID_LENGTH } from './uuid.ts'

/**
 * Writes an EDEK; the layout stands at {@link decodeEdek}. The caller owns the result.
 *
 * @throws RangeError for fields that no reader accepts: another length of tag, an IV of more than 255 bytes, no UUID.
 */
export function encodeEdek({ bound, tagBits, iv, kekId, wrapped }: EdekFields): Uint8Array {
  if (!isTagBits(tagBits)) throw new RangeError(`"tagBits" expected 128, 120, 112, 104 or 96, got ${tagBits}`)
  if (iv.length > MAX_IV) throw new RangeError(`"iv" expected at most ${MAX_IV} bytes, got length=${iv.length}`)
  const kek = parseUuid(kekId)
  if (kek === undefined) throw new RangeError('"kekId" expected a UUID of 36 characters in lower case')
  const writer = new ByteWriter(new Uint8Array((bound ? 1 : 0) + 2 + iv.length + UUID_LENGTH + wrapped.length))
  if (bound) writer.u8(BOUND)
  return writer.u8(tagBits).u8(iv.length).bytes(iv).bytes(kek).bytes(wrapped).written()
}
