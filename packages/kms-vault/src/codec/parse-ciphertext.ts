/** 60 bytes in base64: the nonce (12), the DEK (32) and the tag (16). No character of it has a second spelling. */
const CIPHERTEXT = /^vault:v([1-9][0-9]{0,8}):[A-Za-z0-9+/]{80}$/

/**
 * Reads the key version of a ciphertext in its one canonical form. Vault itself takes more spellings of the same (`v01`, line feeds), which would
 * give one DEK many EDEKs.
 *
 * ```abnf
 * text    = %s"vault:v" version ":" base64
 * version = %x31-39 *8DIGIT
 * base64  = 80( ALPHA / DIGIT / "+" / "/" )   ; decodes to exactly 60 bytes
 * ```
 *
 * @returns `undefined` for anything else.
 */
export function parseCiphertext(text: string): { readonly version: string } | undefined {
  const version = CIPHERTEXT.exec(text)?.[1]
  return version === undefined ? undefined : { version }
}
