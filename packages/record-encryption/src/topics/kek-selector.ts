import { printable } from '@keyfold/kms-api'

const TOPIC_NAME = '$(topicName)'

/** The selector of the KEK of a topic. */
export type KekSelector = (topic: string) => string

/**
 * Compiles the `kek` of a rule: `$(topicName)` stands for the topic's name.
 *
 * @throws TypeError for another placeholder, naming `path`.
 */
export function compileKekSelector(kek: string | ((topic: string) => string), path: string): KekSelector {
  if (typeof kek === 'function') return checked(kek, path)
  if (/\$\{/.test(kek)) {
    throw new TypeError(
      `"${path}" expected ${TOPIC_NAME} as the placeholder, got ${printable(kek)}; round brackets, not braces`,
    )
  }
  for (const [placeholder] of kek.matchAll(/\$\([^)]*\)?/g)) {
    if (placeholder !== TOPIC_NAME)
      throw new TypeError(`"${path}" expected ${TOPIC_NAME} as the only placeholder, got ${printable(placeholder)}`)
  }
  return (topic) => kek.replaceAll(TOPIC_NAME, () => topic)
}

function checked(select: (topic: string) => string, path: string): KekSelector {
  return (topic) => {
    const selector: unknown = select(topic)
    if (typeof selector === 'string' && selector !== '') return selector
    throw new TypeError(
      `"${path}" expected to return the selector of a KEK, a non-empty string, got ${selector === '' ? '""' : typeof selector}`,
    )
  }
}
