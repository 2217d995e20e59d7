const MAX_CHARACTERS = 120

/**
 * Quotes text that a user or a record supplied for a message: JSON's escapes, no control, bidirectional or other invisible character as it is,
 * cut after 120 characters.
 */
export function printable(text: string): string {
  const cut = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    escape,
  )
}

/** The same without quotation marks, for text that is no name: a permission, an endpoint. */
export function unquoted(text: string): string {
  return printable(text).slice(1, -1)
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
