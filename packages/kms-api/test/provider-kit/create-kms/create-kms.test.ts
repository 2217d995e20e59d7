import { describe, it } from 'vitest'

import { createKms } from '../../../src/provider-kit/index.ts'
import { rules } from './rules.ts'

describe('a Kms made of operations', () => {
  it.each(rules.map((rule) => [rule.title, rule] as const))('%s', async (_, rule) => {
    await rule.run(createKms)
  })
})
