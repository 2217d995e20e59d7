/** Shorter texts are no secrets, and would be found in any sentence. */
const MIN_CHARACTERS = 4

/**
 * Returns whether a schema's message quotes what it was about, or a secret of the configuration: some libraries put the value that they received
 * into their messages.
 */
export function quotesConfig(message: string, value: unknown, config: unknown): boolean {
  const texts = new Set<string>()
  collect(value, true, texts, new Set())
  collect(config, false, texts, new Set())
  for (const text of texts) {
    if (
      text.length >= MIN_CHARACTERS &&
      (message.includes(text) || message.includes(JSON.stringify(text).slice(1, -1)))
    )
      return true
  }
  return false
}

/** Collects the texts of `value`: all, or those under a key `value`, where secrets are. */
function collect(value: unknown, all: boolean, texts: Set<string>, seen: Set<object>): void {
  if (typeof value === 'object' && value !== null) {
    if (seen.has(value)) return
    seen.add(value)
    for (const [key, child] of Object.entries(value)) collect(child, all || key === 'value', texts, seen)
  } else if (all && (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')) {
    texts.add(String(value))
  }
}
