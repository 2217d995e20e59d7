const MAX_CHARACTERS = 120
/** Characters that a terminal would obey or not show: controls, bidirectional and other format characters, line separators, unpaired surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/**
 * Quotes text that a user or a record supplied for a message: JSON's escapes, no control, bidirectional or other invisible character as it is,
 * cut after 120 characters.
 */
export function printable(text: string): string {
  const cut = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text
  return escapeText(JSON.stringify(cut))
}

/** Does the same without quotation marks, for text that is not a name: a permission, an endpoint. */
export function unquoted(text: string): string {
  return printable(text).slice(1, -1)
}

/** Escapes characters that a terminal would obey or not show, so that text in a message cannot color, forge or reorder lines. Nothing is quoted or cut. */
export function escapeText(text: string): string {
  return text.replace(UNPRINTABLE, escape)
}

function escape(character: string): string {
  let escaped = ''
  for (let i = 0; i < character.length; i++) {
    escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
  }
  return escaped
}
