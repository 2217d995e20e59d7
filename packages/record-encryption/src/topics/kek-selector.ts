import { describeType, printable } from '@keyfold/kms-api'

/** Kafka's alphabet of topic names without what AWS, Vault and Azure all accept in the name of a key. */
const ESCAPED = /[^A-Za-z0-9]/g

/** The placeholders of a `kek` template. */
const PLACEHOLDERS: ReadonlyMap<string, (topic: string) => string> = new Map([
  ['$(topicName)', (topic) => topic],
  ['$(topicName:escaped)', escapeTopicName],
])
const ALLOWED = [...PLACEHOLDERS.keys()].join(' or ')
const PLACEHOLDER = /\$\([^)]*\)?/g

/** The selector of the KEK of a topic. */
export type KekSelector = (topic: string) => string

/**
 * Compiles the `kek` of a rule: `$(topicName)` stands for the topic's name, and `$(topicName:escaped)` for the name as {@link escapeTopicName} writes it.
 *
 * @throws TypeError for another placeholder, naming `path`.
 */
export function compileKekSelector(kek: string | ((topic: string) => string), path: string): KekSelector {
  return typeof kek === 'function' ? checked(kek, path) : compileTemplate(kek, path)
}

/** Compiles a template over the topic's name. @throws TypeError for a placeholder that does not exist, naming `path`. */
export function compileTemplate(template: string, path: string): (topic: string) => string {
  if (/\$\{/.test(template)) {
    throw new TypeError(
      `"${path}" expected ${ALLOWED} as the placeholder, got ${printable(template)}; round brackets, not braces`,
    )
  }
  for (const [placeholder] of template.matchAll(PLACEHOLDER)) {
    if (!PLACEHOLDERS.has(placeholder))
      throw new TypeError(`"${path}" expected ${ALLOWED} as the only placeholders, got ${printable(placeholder)}`)
  }
  return (topic) =>
    template.replace(PLACEHOLDER, (placeholder) => PLACEHOLDERS.get(placeholder)?.(topic) ?? placeholder)
}

/**
 * Writes a topic's name in an alphabet that every KMS accepts: `A-Z`, `a-z` and `0-9` stay, every other character becomes `-` and two lower-case
 * hexadecimal digits (`-` is `-2d`, `.` is `-2e`, `_` is `-5f`). No two names become the same.
 */
function escapeTopicName(topic: string): string {
  return topic.replace(ESCAPED, (character) => `-${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function checked(select: (topic: string) => string, path: string): KekSelector {
  return (topic) => {
    const selector: unknown = select(topic)
    if (typeof selector === 'string' && selector !== '') return selector
    throw new TypeError(
      `"${path}" expected to return the selector of a KEK, a non-empty string, got ${describeType(selector)}`,
    )
  }
}
