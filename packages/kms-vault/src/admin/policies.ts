import { isKeyName, isMountPath, withoutFinalSlash } from '../names.ts'

/** Which keys a policy is about. */
export interface PolicyOptions {
  /** Where the Transit engine is mounted; "transit" by default. */
  readonly mount?: string | undefined
  /** Names of keys; the last character may be `*`, for all names that start so. */
  readonly keys: readonly string[]
}

/** What a producer's policy needs to know. */
export interface ProducerPolicyOptions extends PolicyOptions {
  /** Whether producers use encryption contexts, for which they need another operation. */
  readonly encryptionContext?: boolean | undefined
}

type Grant = readonly [path: string, ...capabilities: ('read' | 'update')[]]

/** What a token does to itself. Vault's policy "default" has it, which not every token gets. */
const OWN_TOKEN: readonly Grant[] = [
  ['auth/token/lookup-self', 'read'],
  ['auth/token/renew-self', 'update'],
  ['auth/token/revoke-self', 'update'],
]

/**
 * Returns the least-privilege policy of a producer, in HCL. It does not grant `create`: with that, encrypting under a misspelt name would make a
 * key.
 *
 * @throws TypeError for a mount or a name that no key can have.
 * @see {@link https://developer.hashicorp.com/vault/docs/concepts/policies | Policies}
 */
export function producerPolicy({ encryptionContext = false, ...options }: ProducerPolicyOptions): string {
  const encrypt: Grant[] = encryptionContext ? [['encrypt', 'update']] : []
  return policy(options, [['keys', 'read'], ['datakey/plaintext', 'update'], ...encrypt])
}

/** Returns the least-privilege policy of a consumer, in HCL. @throws TypeError for a mount or a name that no key can have. */
export function consumerPolicy(options: PolicyOptions): string {
  return policy(options, [
    ['keys', 'read'],
    ['decrypt', 'update'],
  ])
}

/**
 * Returns the policy of who administers KEKs, in HCL: `createKek`, `rotateKek`, `listKekVersions`, minimum versions and rewrapping. It includes
 * decryption, which rewrapping an EDEK with an encryption context needs; it does not include deleting a key.
 *
 * @throws TypeError for a mount or a name that no key can have.
 */
export function adminPolicy(options: PolicyOptions): string {
  const operations: Grant[] = [
    ['keys', 'read', 'update'],
    ['rewrap', 'update'],
    ['decrypt', 'update'],
    ['encrypt', 'update'],
  ]
  // A name with "*" covers what is below it.
  const exact = options.keys.filter((key) => !key.endsWith('*'))
  const below = exact.flatMap((key): Grant[] => [
    [`keys/${key}/rotate`, 'update'],
    [`keys/${key}/config`, 'update'],
  ])
  return policy(options, operations, below)
}

function policy(options: PolicyOptions, operations: readonly Grant[], paths: readonly Grant[] = []): string {
  const { mount, keys } = checked(options)
  const grants = [
    ...keys.flatMap((key) =>
      operations.map(([operation, ...rest]): Grant => [`${mount}/${operation}/${key}`, ...rest]),
    ),
    ...paths.map(([path, ...rest]): Grant => [`${mount}/${path}`, ...rest]),
    ...OWN_TOKEN,
  ]
  return grants.map(([path, ...capabilities]) => stanza(path, capabilities)).join('\n')
}

function stanza(path: string, capabilities: readonly string[]): string {
  return `path "${path}" {\n  capabilities = [${capabilities.map((each) => `"${each}"`).join(', ')}]\n}\n`
}

function checked({ mount = 'transit', keys }: PolicyOptions): {
  readonly mount: string
  readonly keys: readonly string[]
} {
  const path = withoutFinalSlash(mount)
  if (!isMountPath(path)) throw new TypeError('"mount" expected a path such as "transit" or "team/transit"')
  const wrong = keys.findIndex((key) => !isKeyName(key.replace(/(?<=.)\*$/, 'x')) && key !== '*')
  if (wrong !== -1 || keys.length === 0)
    throw new TypeError(`"keys[${Math.max(wrong, 0)}]" expected the name of a key, with "*" at its end at most`)
  return { mount: path, keys }
}
