import { parseUuid } from '@keyfold/kms-api/provider-kit'

const MULTI_REGION = /^mrk-[0-9a-f]{32}$/

/** Says whether `text` is the id of a multi-region key, which every region's replica answers to. */
export function isMultiRegionKeyId(text: string): boolean {
  return MULTI_REGION.test(text)
}

/**
 * Says whether `text` is the id of a key in its one canonical form.
 *
 * ```abnf
 * key-id = uuid / %s"mrk-" 32HEX   ; lower case
 * ```
 */
export function isKeyId(text: string): boolean {
  return parseUuid(text) !== undefined || isMultiRegionKeyId(text)
}
