import { isKeyName, isVaultName } from '../keys/names.ts'

/** Who receives a role, and where. */
export interface RoleOptions {
  /** The object id of the principal: a managed identity, a service principal or a group. */
  readonly principalId: string
  /** The vault or managed HSM. */
  readonly vaultName: string
  /** `true` for a managed HSM, whose roles are its own. */
  readonly managedHsm?: boolean | undefined
  /** Of a vault: its subscription and resource group. */
  readonly subscriptionId?: string | undefined
  readonly resourceGroup?: string | undefined
  /** Limits the role to one key; by default it holds for all keys of the vault. */
  readonly keyName?: string | undefined
  /** Whether encryption contexts are bound, which needs encrypt and decrypt; managed HSM only. */
  readonly encryptionContext?: boolean | undefined
}

/** What `az` is told, as one command. */
type Role = 'wrap' | 'admin'

/**
 * Roles that are enough. Key Vault and Managed HSM have no built-in role for wrapping or unwrapping alone.
 *
 * @see https://learn.microsoft.com/azure/key-vault/general/rbac-guide#azure-built-in-roles-for-key-vault-data-plane-operations
 * @see https://learn.microsoft.com/azure/key-vault/managed-hsm/built-in-roles
 */
const ROLES = {
  vault: { wrap: 'Key Vault Crypto Service Encryption User', admin: 'Key Vault Crypto Officer' },
  hsm: { wrap: 'Managed HSM Crypto Service Encryption User', admin: 'Managed HSM Crypto Officer' },
  bindingHsm: 'Managed HSM Crypto User',
} as const

/**
 * Returns the command that permits a producer to look keys up and wrap DEKs. The role also permits unwrapping, because Azure has none that does not.
 *
 * @throws RangeError for a name or an id that a shell could take for something else.
 */
export function producerRole(options: RoleOptions): string {
  return commandFor('wrap', options)
}

/** Returns the command that permits a consumer to unwrap DEKs. Azure has no built-in role for that alone, so it is that of a producer. */
export function consumerRole(options: RoleOptions): string {
  return commandFor('wrap', options)
}

/** Returns the command that permits an administrator to create, rotate, disable and delete KEKs. */
export function adminRole(options: RoleOptions): string {
  return commandFor('admin', options)
}

function commandFor(role: Role, options: RoleOptions): string {
  const { principalId, vaultName, managedHsm = false, keyName, encryptionContext = false } = options
  const ids = [principalId, options.subscriptionId ?? '0', options.resourceGroup ?? '0']
  if (!isVaultName(vaultName) || (keyName !== undefined && !isKeyName(keyName)) || !ids.every(isId))
    throw new RangeError('expected names and ids of Azure: letters, digits, "-", "_", "." and parentheses')
  if (managedHsm) {
    const name = role === 'wrap' && encryptionContext ? ROLES.bindingHsm : ROLES.hsm[role]
    const scope = keyName === undefined ? '/keys' : `/keys/${keyName}`
    return `az keyvault role assignment create --hsm-name ${vaultName} --role "${name}" --assignee-object-id ${principalId} --scope ${scope}`
  }
  const { subscriptionId, resourceGroup } = options
  if (subscriptionId === undefined || resourceGroup === undefined)
    throw new RangeError('"subscriptionId" and "resourceGroup" expected, because the role is of a vault')
  const vault = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.KeyVault/vaults/${vaultName}`
  const scope = keyName === undefined ? vault : `${vault}/keys/${keyName}`
  return `az role assignment create --role "${ROLES.vault[role]}" --assignee-object-id ${principalId} --scope "${scope}"`
}

function isId(text: string): boolean {
  return /^[A-Za-z0-9_.()-]{1,90}$/.test(text) && !text.startsWith('-')
}
