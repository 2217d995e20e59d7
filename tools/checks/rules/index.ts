import { readdirSync } from 'node:fs'

import type { Rule } from '../lib/rule.ts'

/** Every rule: one file of this folder each. */
export const rules: readonly Rule[] = await Promise.all(
  readdirSync(import.meta.dirname)
    .filter((file) => file !== 'index.ts')
    .sort()
    .map(async (file) => ((await import(`./${file}`)) as { readonly rule: Rule }).rule),
)
