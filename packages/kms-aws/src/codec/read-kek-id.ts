import { parseArn } from '../keys/arn.ts'
import { isKeyId } from '../keys/key-id.ts'
import { decodeEdek } from './decode-edek.ts'
import { LONGEST_BLOB } from './edek-fields.ts'

/** Reads which key an EDEK names, for inspection: the grammar of key ids, but no configured boundary. `undefined` for bytes that are no EDEK. */
export function readKekId(edek: Uint8Array): string | undefined {
  const fields = decodeEdek(edek)
  if (fields === undefined || fields.blob.length > LONGEST_BLOB) return undefined
  const arn = parseArn(fields.keyId)
  return isKeyId(fields.keyId) || (arn?.kind === 'key' && isKeyId(arn.name)) ? fields.keyId : undefined
}
