import type { EncryptionContext } from '@keyfold/kms-api'

import { BindingVerifier } from '../binding/binding-verifier.ts'
import { contextKey } from '../dek/context-key.ts'
import type { CompiledRule } from './rule.ts'

/** One context under which an EDEK of a topic may have been made, and what then verifies the binding of its records. */
export interface ReadContext {
  readonly encryptionContext: EncryptionContext | undefined
  /** Accepts the topics that have this context: a record must name the topic whose context opened its EDEK. */
  readonly bindingVerifier: BindingVerifier
}

/**
 * Returns the contexts to try for a topic, in order: its own, then those of the further names of `topicMapping`. Names with the same context share one.
 */
export function readContextsOf(rule: CompiledRule, topic: string, mapped: readonly string[]): readonly ReadContext[] {
  const groups = new Map<string, { readonly context: EncryptionContext | undefined; readonly names: string[] }>()
  for (const name of [topic, ...mapped]) {
    const context = rule.contextOf(name)
    const key = contextKey(context)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { context, names: [name] })
    else group.names.push(name)
  }
  return [...groups.values()].map(({ context, names: [first, ...others] }) => ({
    encryptionContext: context,
    bindingVerifier: new BindingVerifier(first as string, rule.binding, others),
  }))
}
