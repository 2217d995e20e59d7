import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { describeTopic } from '../../src/config/index.ts'
import type { EncryptionPolicies, KafkaRecord, TopicRule } from '../../src/index.ts'
import { checkPolicies } from '../../src/policies/check-options.ts'
import { TopicPlans } from '../../src/topics/topic-plan.ts'
import { codeOf, edekOf, records, setUp, verdictOf } from '../records/support.ts'

const kek = 'kek'

describe('rules', () => {
  it('decide in order: the first that matches', () => {
    const topics: TopicRule[] = [
      { match: 'public.*', plaintext: 'allow' },
      { match: 'pay*.eu', kek: 'EU-$(topicName)' },
      { match: { regex: 'pay[a-z]+.*' }, kek: (topic) => `FN-${topic.toUpperCase()}` },
      { match: /logs-\d/, kek: 'LOGS' },
    ]
    const selected = (topic: string): unknown => {
      const found = describeTopic({ topics }, topic)
      return found && [found.rule, found.kekSelector]
    }
    expect(selected('public.a')).toEqual([0, undefined])
    expect(selected('nonpublic.a')).toBeUndefined()
    expect(selected('payments.eu')).toEqual([1, 'EU-payments.eu'])
    expect(selected('payments.us')).toEqual([2, 'FN-PAYMENTS.US'])
    expect(selected('logs-1')).toEqual([3, 'LOGS'])
    expect(selected('logs-11')).toBeUndefined()
  })

  it('are described with what they inherit', () => {
    const policies: EncryptionPolicies = {
      binding: { read: 'require', write: false },
      onPlaintext: 'allow',
      trustedKeks: 'boundary',
      topics: [
        { match: 'a', kek },
        { match: 'b', kek, binding: { write: true }, onPlaintext: { allowBefore: { 0: 5 } }, trustedKeks: 'rule' },
        { match: 'c', plaintext: 'allow' },
      ],
    }
    expect(describeTopic(policies, 'a')).toEqual({
      rule: 0,
      kekSelector: 'kek',
      binding: { write: false, read: 'require' },
      trustedKeks: 'boundary',
      onPlaintext: 'allow',
    })
    expect(describeTopic(policies, 'b')).toEqual({
      rule: 1,
      kekSelector: 'kek',
      binding: { write: true, read: 'require' },
      trustedKeks: 'rule',
      onPlaintext: 'allowBefore',
    })
    expect(describeTopic(policies, 'c')).toEqual({
      rule: 2,
      binding: { write: false, read: 'require' },
      trustedKeks: 'boundary',
      onPlaintext: 'allow',
    })
    expect(describeTopic({ topics: [{ match: 'a', kek }] }, 'a')).toEqual({
      rule: 0,
      kekSelector: 'kek',
      binding: { write: true, read: 'verify-if-present' },
      trustedKeks: 'rule',
      onPlaintext: 'reject',
    })
    expect(() => describeTopic(policies, 'no topic')).toThrow('"topic" expected the name of a topic')
  })
})

describe('the selector of a KEK', () => {
  const selectorOf = (template: string | ((topic: string) => string), topic = 'orders.eu'): string | undefined =>
    describeTopic({ topics: [{ match: '*', kek: template }] }, topic)?.kekSelector

  it("holds the topic's name wherever $(topicName) stands", () => {
    expect(selectorOf('KEK-$(topicName)')).toBe('KEK-orders.eu')
    expect(selectorOf('$(topicName)/$(topicName)')).toBe('orders.eu/orders.eu')
    expect(selectorOf('alias/fixed')).toBe('alias/fixed')
    // Names that would mean something in a replacement cannot be: but nothing is read into them either.
    expect(selectorOf('$&-$1-$(topicName)')).toBe('$&-$1-orders.eu')
  })

  it.each([
    'KEK-$(topic)',
    '$(topicname)',
    '$(topicName)-$(x)',
    '$()',
    '$(topicName',
    '$( topicName)',
    '$(topicName:Escaped)',
    '$(topicName:escaped',
    '$(topicName: escaped)',
    '$(topicName:lower)',
    '$(topicName:escaped)$(escaped)',
  ])('refuses the placeholder in %s', (template) => {
    expect(() => selectorOf(template)).toThrow(
      /^"topics\[0\]\.kek" expected \$\(topicName\) or \$\(topicName:escaped\) as the only placeholders, got "\$\(/,
    )
  })

  it("holds the topic's name in letters, digits and - wherever $(topicName:escaped) stands", () => {
    const escaped = (topic: string): string | undefined => selectorOf('KEK-$(topicName:escaped)', topic)
    expect(escaped('orders.eu')).toBe('KEK-orders-2eeu')
    expect(escaped('A-b_c.9')).toBe('KEK-A-2db-5fc-2e9')
    expect(escaped('-2e')).toBe('KEK--2d2e')
    expect(selectorOf('$(topicName)/$(topicName:escaped)', 'a.b')).toBe('a.b/a-2eb')
    expect(selectorOf('$(topicName:escaped)', 'x'.repeat(249))).toBe('x'.repeat(249))
  })

  it('is never the same for two topics with $(topicName:escaped)', () => {
    const names = fc
      .array(fc.constantFrom('a', 'A', '0', '2', 'd', 'e', '-', '.', '_'), { minLength: 1, maxLength: 12 })
      .map((part) => `t${part.join('')}`)
    const unescape = (selector: string): string =>
      selector.replace(/-([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    fc.assert(
      fc.property(names, (name) => {
        const selector = selectorOf('$(topicName:escaped)', name)!
        expect(selector).toMatch(/^[A-Za-z0-9-]+$/)
        expect(unescape(selector)).toBe(name)
      }),
    )
  })

  it('refuses braces with a hint', () => {
    expect(() => selectorOf('KEK-${topicName}')).toThrow(
      /^"topics\[0\]\.kek" expected \$\(topicName\) or \$\(topicName:escaped\) as the placeholder, got .*; round brackets, not braces$/,
    )
  })

  it.each([
    ['', 'an empty string'],
    [undefined, 'undefined'],
    [5, 'number'],
    [Promise.resolve('kek'), 'object'],
  ])('refuses a function that returns %o', async (returned, got) => {
    const { encryption, admin } = await setUp({ topics: [{ match: '*', kek: () => returned as string }] })
    const expected = `"topics[0].kek" expected to return the selector of a KEK, a non-empty string, got ${got}`
    await expect(encryption.encrypt('t', records(1))).rejects.toThrow(new TypeError(expected))
    expect(admin.calls.resolveKek).toBe(0)
  })

  it('refuses to send when a function throws', async () => {
    const { encryption } = await setUp({
      topics: [
        {
          match: '*',
          kek: () => {
            throw new Error('mine')
          },
        },
      ],
    })
    await expect(encryption.encrypt('t', records(1))).rejects.toThrow('mine')
  })
})

describe('previousKeks', () => {
  /** A record under `kek-old`, read by a topic whose own KEK is another. */
  async function read(
    previous: (id: string) => TopicRule['previousKeks'],
    defaults?: TopicRule['previousKeks'],
  ): Promise<string> {
    const { encryption, admin } = await setUp({ topics: [{ match: 'old', kek: 'old' }] }, ['old', 'new'])
    const [sealed] = await encryption.encrypt('old', records(1))
    const kms = admin.connect()
    const { id } = await kms.resolveKek('old')
    const reader = await setUp({
      kms,
      topics: [{ match: 'old', kek: 'new', previousKeks: previous(id) }],
      previousKeks: defaults,
    })
    return verdictOf(reader.encryption, 'old', sealed as KafkaRecord)
  }

  it('trusts what a glob over ids or an exact id names', async () => {
    expect(await read(() => undefined)).toBe('RECORD_KEK_UNTRUSTED')
    expect(await read(() => [])).toBe('RECORD_KEK_UNTRUSTED')
    expect(await read((id) => [{ id }])).toBe('decrypted')
    expect(await read((id) => [id])).toBe('decrypted')
    expect(await read((id) => ['nothing', `${id.slice(0, 8)}*`])).toBe('decrypted')
    expect(await read(() => ['*'])).toBe('decrypted')
    // An exact id is no glob, and a glob takes the whole id.
    expect(await read(() => [{ id: '*' }])).toBe('RECORD_KEK_UNTRUSTED')
    expect(await read((id) => [id.slice(0, 8)])).toBe('RECORD_KEK_UNTRUSTED')
    expect(await read((id) => [id.slice(1)])).toBe('RECORD_KEK_UNTRUSTED')
    // The alias is no id.
    expect(await read(() => ['old'])).toBe('RECORD_KEK_UNTRUSTED')
  })

  it('of a rule stands in place of the default', async () => {
    expect(await read(() => undefined, ['*'])).toBe('decrypted')
    expect(await read(() => [], ['*'])).toBe('RECORD_KEK_UNTRUSTED')
  })
})

describe('an alias that points elsewhere', () => {
  it('leaves older records to previousKeks', async () => {
    const { encryption, admin, clock } = await setUp({}, ['kek', 'next'])
    const sealed = await encryption.encrypt('t', records(1))
    admin.setAlias('kek', 'next')
    clock.pass(600_000)
    expect(await codeOf(encryption.decrypt('t', sealed))).toBe('RECORD_KEK_UNTRUSTED')
    const fresh = await encryption.encrypt('t', records(1))
    expect(edekOf(fresh[0]!)).not.toBe(edekOf(sealed[0]!))
  })
})

describe('plans of topics', () => {
  it('are kept, and forgotten before they become too many', () => {
    let asked = 0
    const kek = (topic: string): string => {
      asked++
      return topic
    }
    const plans = new TopicPlans(checkPolicies({ topics: [{ match: '*', kek }] }))
    const first = plans.of('t0')
    expect(plans.of('t0')).toBe(first)
    for (let i = 1; i < 10_000; i++) plans.of(`t${i}`)
    expect(plans.of('t0')).toBe(first)
    expect(asked).toBe(10_000)
    plans.of('one-more')
    expect(plans.of('t0')).not.toBe(first)
    expect(plans.of('t0')).toEqual(first)
  })
})
