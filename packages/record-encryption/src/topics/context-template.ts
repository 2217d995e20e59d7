import { encodeEncryptionContext, type EncryptionContext } from '@keyfold/kms-api'

import { compileTemplate } from './kek-selector.ts'

/** The encryption context of a topic; `undefined` without one. */
export type ContextOf = (topic: string) => EncryptionContext | undefined

/**
 * Compiles the `encryptionContext` of a rule.
 *
 * @throws TypeError for an unknown placeholder, or a context that no KMS can bind, naming `path`.
 */
export function compileContext(templates: Readonly<Record<string, string>>, path: string): ContextOf {
  const values = Object.entries(templates).map(
    ([name, template]) => [name, compileTemplate(template, `${path}.${name}`)] as const,
  )
  if (values.length === 0) return () => undefined
  return (topic) => {
    const context = Object.freeze(Object.fromEntries(values.map(([name, valueOf]) => [name, valueOf(topic)])))
    encodeEncryptionContext(context)
    return context
  }
}
