import { escapeText } from '../report/escape-text.ts'

/** Writes where in a document something stands: `encryption.topics[0].match`. */
export function formatPath(path: readonly (PropertyKey | { readonly key: PropertyKey })[]): string {
  return path
    .map((step) => (typeof step === 'object' ? step.key : step))
    .reduce<string>((all, step) => (typeof step === 'number' ? `${all}[${step}]` : `${all}${all === '' ? '' : '.'}${escapeText(String(step))}`), '')
}
