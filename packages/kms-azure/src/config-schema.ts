import * as z from 'zod'

import { isSafeUrl, tlsSchema } from '@keyfold/kms-api/provider-kit'

import { credentialsSchema } from './credentials/credentials-schema.ts'
import { cloudOf } from './keys/clouds.ts'
import { isVaultName } from './keys/names.ts'

const milliseconds = z.int().min(1).max(600_000)
const bareUrl = (problem: string) =>
  z.url({ protocol: /^https?$/, error: problem }).refine(isBareUrl, { error: problem })

/** The configuration of Azure Key Vault and Managed HSM. */
export const configSchema = z
  .strictObject({
    vaultUrl: bareUrl('expected an https URL without path, user name, query and fragment').describe(
      'The vault or managed HSM, for example https://payments.vault.azure.net.',
    ),
    vaultName: z
      .string()
      .refine(isVaultName, { error: 'expected letters, digits and "-", at most 127' })
      .optional()
      .describe("The vault's name as it stands in EDEKs; by default the first part of the host of vaultUrl."),
    challengeResource: bareUrl('expected an https URL without path, as "https://vault.azure.net"')
      .optional()
      .describe("The resource that tokens are requested for; by default that of the vault's domain."),
    pinnedKeyType: z
      .enum(['RSA', 'RSA-HSM', 'oct-HSM'])
      .optional()
      .describe('The type of the keys that are chosen by a full URL with a version: those are then not looked up.'),
    allowInsecure: z
      .boolean()
      .optional()
      .describe('Permits http to other machines: anybody in between then reads tokens and keys.'),
    credentials: credentialsSchema
      .optional()
      .describe('How the provider gets its token; by default the default chain of @azure/identity.'),
    authorityHost: bareUrl('expected an https URL without path')
      .optional()
      .describe('Where tokens come from; by default what belongs to the cloud of the vault.'),
    disableInstanceDiscovery: z
      .boolean()
      .optional()
      .describe('Does not ask login.microsoftonline.com about "authorityHost": for private clouds.'),
    tls: tlsSchema.optional(),
    timeouts: z
      .strictObject({
        requestMs: milliseconds.optional().describe('The deadline of a call, its token included; 5,000 by default.'),
        connectMs: milliseconds.optional().describe('The deadline of a connection; 2,000 by default.'),
      })
      .optional()
      .describe('Deadlines.'),
    maxConnections: z.int().min(1).max(10_000).optional().describe('The maximum number of connections; 50 by default.'),
  })
  .superRefine((config, context) => {
    const issue = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message })
    }
    if (!URL.canParse(config.vaultUrl)) return
    const url = new URL(config.vaultUrl)
    const { vaultName, challengeResource, allowInsecure } = config
    const cloud = cloudOf(url.hostname)
    if (allowInsecure !== true && !isSafeUrl(url))
      issue('vaultUrl', 'expected an https URL, or one of this machine; "allowInsecure: true" permits any')
    if (config.tls !== undefined && url.protocol === 'http:')
      issue('tls', 'expected to be absent, because "vaultUrl" is not https')
    if (cloud === undefined && challengeResource === undefined)
      issue('challengeResource', 'expected an https URL, because the host of "vaultUrl" is in no domain of Azure')
    if (challengeResource !== undefined && !challengeResource.startsWith('https:'))
      issue('challengeResource', 'expected an https URL without path, as "https://vault.azure.net"')
    if (cloud === undefined && vaultName === undefined)
      issue('vaultName', 'expected the vault\'s name, because the host of "vaultUrl" is in no domain of Azure')
    if (cloud !== undefined && vaultName !== undefined && vaultName.toLowerCase() !== url.hostname.split('.')[0])
      issue('vaultName', 'expected the first part of the host of "vaultUrl"')
  })

/** The configuration of Azure Key Vault and Managed HSM, as `configSchema` describes it. */
export type AzureKmsConfig = z.output<typeof configSchema>

function isBareUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  // An empty query does not show in the URL.
  return url !== undefined && url.username === '' && url.password === '' && url.pathname === '/' && !/[?#]/.test(text)
}
