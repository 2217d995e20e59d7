import { parseArn } from '../keys/arn.ts'
import { isKeyId } from '../keys/key-id.ts'
import { decodeEdek } from './decode-edek.ts'

/** Reads which key an EDEK names, for inspection: the grammar of key ids, but no configured boundary. `undefined` for bytes that are no EDEK. */
export function readKekId(edek: Uint8Array): string | undefined {
  const fields = decodeEdek(edek)
  if (fields === undefined) return undefined
  const arn = parseArn(fields.keyId)
  return isKeyId(fields.keyId) || (arn?.kind === 'key' && isKeyId(arn.name)) ? fields.keyId : undefined
}
