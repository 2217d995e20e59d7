import { describe, expect, it } from 'vitest'

import { RESILIENCE_DEFAULTS, resilientKms } from '@keyfold/kms-api/resilience'
import { createInMemoryKms } from '@keyfold/kms-inmemory'

import { resilienceSchema } from '../../src/document/resilience-schema.ts'

const numbers = Object.entries(RESILIENCE_DEFAULTS).flatMap(([layer, defaults]) =>
  Object.entries(defaults as Record<string, number>).map(([name, value]) => ({ layer, name, value })),
)
const section = (layer: string, name: string, value: unknown): object => ({ [layer]: { [name]: value } })

describe('the section kms.resilience', () => {
  it.each(numbers)('has $layer.$name, as resilientKms does', ({ layer, name, value }) => {
    for (const given of [value, value + 1, 1, 0, -1, 1.5, Number.NaN, '3', null, 0.25]) {
      const accepted = resilienceSchema.safeParse(section(layer, name, given)).success
      const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [] })
      const used = (): unknown => resilientKms(kms, section(layer, name, given))
      // null is "left out" for code, and a mistake in a file.
      if (given !== null) expect(accepted ? used() : 'rejected').toEqual(accepted ? expect.anything() : 'rejected')
      if (!accepted && given !== null) expect(used).toThrow(`"${layer}.${name}" expected`)
    }
    expect(resilienceSchema.safeParse(section(layer, `${name}x`, 1)).success).toBe(false)
  })

  it('has the limits of the cache, or none', () => {
    expect(resilienceSchema.safeParse({ cache: 'none' }).success).toBe(true)
    expect(resilienceSchema.safeParse({ cache: { decryptEdek: { ttlMs: 1, goneTtlMs: 5 } } }).success).toBe(true)
    expect(resilienceSchema.safeParse({ cache: { resolveKek: { goneTtlMs: 5 } } }).success).toBe(false)
    expect(resilienceSchema.safeParse({ cache: 'off' }).success).toBe(false)
  })
})
