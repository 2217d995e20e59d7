import { isKeyName } from '../keys/key-name.ts'
import { isMountPath } from '../keys/mount-path.ts'

/** What a policy is for. */
export interface PolicyOptions {
  /** `producer` may make EDEKs, `consumer` may open them. */
  readonly roles: readonly ('producer' | 'consumer')[]
  /** Where the Transit engine is mounted; "transit" by default. */
  readonly mount?: string | undefined
  /** Names of keys; the last character may be `*`, for all names that start so. */
  readonly keys: readonly string[]
  /** Whether producers use encryption contexts, for which they need another operation. */
  readonly encryptionContext?: boolean | undefined
}

type Grant = readonly [path: string, capability: 'read' | 'update']

/** What a token does to itself. Vault's policy "default" has it, which not every token gets. */
const OWN_TOKEN: readonly Grant[] = [
  ['auth/token/lookup-self', 'read'],
  ['auth/token/renew-self', 'update'],
  ['auth/token/revoke-self', 'update'],
]

/**
 * Writes the policy of least privilege for a principal, in HCL. It never grants `create`: with that, encrypting under a misspelt name would make a key.
 *
 * @throws TypeError for a mount or a name that no key can have.
 */
export function writePolicy({ roles, mount = 'transit', keys, encryptionContext = false }: PolicyOptions): string {
  if (!isMountPath(mount)) throw new TypeError('"mount" expected a path such as "transit" or "team/transit"')
  const wrong = keys.findIndex((key) => !isKeyName(key.replace(/(?<=.)\*$/, 'x')) && key !== '*')
  if (wrong !== -1 || keys.length === 0)
    throw new TypeError(`"keys[${Math.max(wrong, 0)}]" expected the name of a key, with "*" at its end at most`)
  const operations: Grant[] = [['keys', 'read']]
  if (roles.includes('producer')) operations.push(['datakey/plaintext', 'update'])
  if (roles.includes('producer') && encryptionContext) operations.push(['encrypt', 'update'])
  if (roles.includes('consumer')) operations.push(['decrypt', 'update'])
  const paths = [
    ...keys.flatMap((key) => operations.map(([path, capability]): Grant => [`${mount}/${path}/${key}`, capability])),
    ...OWN_TOKEN,
  ]
  return paths.map(([path, capability]) => `path "${path}" {\n  capabilities = ["${capability}"]\n}\n`).join('\n')
}
