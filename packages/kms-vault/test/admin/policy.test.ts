import { describe, expect, it } from 'vitest'

import { writePolicy, type PolicyOptions } from '../../src/admin/index.ts'

const OWN = ['auth/token/lookup-self read', 'auth/token/renew-self update', 'auth/token/revoke-self update']

/** What a policy grants, as "path capability". */
function grants(options: PolicyOptions): string[] {
  return [...writePolicy(options).matchAll(/path "([^"]+)" \{\n {2}capabilities = \["([^"]+)"\]\n\}\n/g)].map(
    ([, path = '', capability = '']) => `${path} ${capability}`,
  )
}

const CASES: readonly (readonly [string, PolicyOptions, readonly string[]])[] = [
  [
    'a producer',
    { roles: ['producer'], keys: ['KEK-a'] },
    ['transit/keys/KEK-a read', 'transit/datakey/plaintext/KEK-a update'],
  ],
  [
    'a producer with contexts',
    { roles: ['producer'], keys: ['KEK-a'], encryptionContext: true },
    ['transit/keys/KEK-a read', 'transit/datakey/plaintext/KEK-a update', 'transit/encrypt/KEK-a update'],
  ],
  [
    'a consumer',
    { roles: ['consumer'], mount: 'team/kms', keys: ['KEK-*'] },
    ['team/kms/keys/KEK-* read', 'team/kms/decrypt/KEK-* update'],
  ],
  [
    'a consumer with contexts',
    { roles: ['consumer'], keys: ['*'], encryptionContext: true },
    ['transit/keys/* read', 'transit/decrypt/* update'],
  ],
  [
    'both, of two keys',
    { roles: ['producer', 'consumer'], keys: ['a', 'b'] },
    ['a', 'b'].flatMap((key) => [
      `transit/keys/${key} read`,
      `transit/datakey/plaintext/${key} update`,
      `transit/decrypt/${key} update`,
    ]),
  ],
]

describe('a policy', () => {
  it.each(CASES)('of %s grants what is needed and no more', (_, options, expected) => {
    expect(grants(options)).toEqual([...expected, ...OWN])
  })

  it('never lets a misspelt name make a key', () => {
    for (const [, options] of CASES) expect(writePolicy(options)).not.toContain('create')
  })

  it.each([
    { roles: ['producer'], keys: [] },
    { roles: ['producer'], keys: ['a"'] },
    { roles: ['producer'], keys: ['a/b'] },
    { roles: ['producer'], keys: ['../sys'] },
    { roles: ['producer'], keys: ['a*b'] },
    { roles: ['producer'], keys: ['+'] },
    { roles: ['producer'], keys: ['a\n}'] },
    { roles: ['producer'], keys: ['a'], mount: 'a"' },
    { roles: ['producer'], keys: ['a'], mount: '' },
  ] as const)('is not written for what no key or mount can be called (%j)', (options) => {
    expect(() => writePolicy(options)).toThrow(TypeError)
  })
})
