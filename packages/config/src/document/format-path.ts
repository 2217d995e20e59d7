import { escapeText } from '../errors/escape-text.ts'

/** Writes where in a document something stands: `encryption.topics[0].match`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (all, step) =>
      typeof step === 'number' ? `${all}[${step}]` : `${all}${all === '' ? '' : '.'}${escapeText(String(step))}`,
    '',
  )
}
