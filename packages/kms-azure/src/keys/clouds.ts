/** One service of one cloud of Azure. */
export interface Cloud {
  /** The resource that a token is issued for, and that the vault's challenge must name. */
  readonly resource: string
  /** Where tokens of Microsoft Entra ID come from. */
  readonly authorityHost: string
}

const PUBLIC = 'https://login.microsoftonline.com'
const GOVERNMENT = 'https://login.microsoftonline.us'
const CHINA = 'https://login.chinacloudapi.cn'

/**
 * The domains of the clouds. A vault is one label below.
 *
 * @see https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#dns-suffixes-for-object-identifiers
 */
const CLOUDS: Readonly<Record<string, string>> = {
  'vault.azure.net': PUBLIC,
  'managedhsm.azure.net': PUBLIC,
  'vault.usgovcloudapi.net': GOVERNMENT,
  'managedhsm.usgovcloudapi.net': GOVERNMENT,
  'vault.azure.cn': CHINA,
  'managedhsm.azure.cn': CHINA,
}

/** Returns the cloud of a host such as `payments.vault.azure.net`; `undefined` for a private name or another product, for example Azure Stack. */
export function cloudOf(hostname: string): Cloud | undefined {
  const domain = hostname.slice(hostname.indexOf('.') + 1)
  const authorityHost = Object.hasOwn(CLOUDS, domain) ? CLOUDS[domain] : undefined
  return authorityHost === undefined ? undefined : { resource: `https://${domain}`, authorityHost }
}

/** Returns the cloud that a challenge resource belongs to, for the host that issues its tokens. */
export function authorityHostOf(resource: string): string {
  const domain = new URL(resource).hostname
  return (Object.hasOwn(CLOUDS, domain) ? CLOUDS[domain] : undefined) ?? PUBLIC
}
