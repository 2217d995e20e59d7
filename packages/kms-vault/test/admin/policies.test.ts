import { describe, expect, it } from 'vitest'

import {
  adminPolicy,
  consumerPolicy,
  producerPolicy,
  type PolicyOptions,
  type ProducerPolicyOptions,
} from '../../src/admin/index.ts'

const OWN = ['auth/token/lookup-self read', 'auth/token/renew-self update', 'auth/token/revoke-self update']

/** What a policy grants, as "path capability". */
function grants(policy: string): string[] {
  return [...policy.matchAll(/path "([^"]+)" \{\n {2}capabilities = \[([^\]]+)\]\n\}\n/g)].map(
    ([, path = '', capabilities = '']) => `${path} ${capabilities.replaceAll('"', '')}`,
  )
}

const CASES: readonly (readonly [string, string, readonly string[]])[] = [
  [
    'a producer',
    producerPolicy({ keys: ['KEK-a'] }),
    ['transit/keys/KEK-a read', 'transit/datakey/plaintext/KEK-a update'],
  ],
  [
    'a producer with contexts',
    producerPolicy({ keys: ['KEK-a'], encryptionContext: true }),
    ['transit/keys/KEK-a read', 'transit/datakey/plaintext/KEK-a update', 'transit/encrypt/KEK-a update'],
  ],
  [
    'a producer of two keys',
    producerPolicy({ keys: ['a', 'b'] }),
    ['a', 'b'].flatMap((key) => [`transit/keys/${key} read`, `transit/datakey/plaintext/${key} update`]),
  ],
  [
    'a consumer',
    consumerPolicy({ mount: 'team/kms', keys: ['KEK-*'] }),
    ['team/kms/keys/KEK-* read', 'team/kms/decrypt/KEK-* update'],
  ],
  [
    'a consumer of a mount that is written with a slash at its end',
    consumerPolicy({ mount: 'team/kms/', keys: ['*'] }),
    ['team/kms/keys/* read', 'team/kms/decrypt/* update'],
  ],
  [
    'an administrator of a key and of a prefix',
    adminPolicy({ keys: ['KEK-a', 'app-*'] }),
    [
      ...['KEK-a', 'app-*'].flatMap((key) => [
        `transit/keys/${key} read, update`,
        `transit/rewrap/${key} update`,
        `transit/decrypt/${key} update`,
        `transit/encrypt/${key} update`,
      ]),
      'transit/keys/KEK-a/rotate update',
      'transit/keys/KEK-a/config update',
    ],
  ],
]

describe('a policy', () => {
  it.each(CASES)('of %s grants what is needed and no more', (_, policy, expected) => {
    expect(grants(policy)).toEqual([...expected, ...OWN])
  })

  it('never lets a misspelt name make a key', () => {
    for (const [, policy] of CASES) expect(policy).not.toContain('create')
  })

  it.each([
    { keys: [] },
    { keys: ['a"'] },
    { keys: ['a/b'] },
    { keys: ['../sys'] },
    { keys: ['a*b'] },
    { keys: ['+'] },
    { keys: ['a\n}'] },
    { keys: ['a'], mount: 'a"' },
    { keys: ['a'], mount: '' },
  ])('is not written for what no key or mount can be called (%j)', (options: PolicyOptions & ProducerPolicyOptions) => {
    for (const policy of [producerPolicy, consumerPolicy, adminPolicy]) expect(() => policy(options)).toThrow(TypeError)
  })
})
