import * as z from 'zod'

import { isSafeUrl, tlsSchema } from '@keyfold/kms-api/provider-kit'

import { authSchema, mountPath } from './auth/auth-schema.ts'

/** Where Vault's own documentation mounts the Transit engine. */
export const DEFAULT_MOUNT = 'transit'

const milliseconds = z.int().min(1).max(600_000)
const address = z
  .url({ protocol: /^https?$/, error: 'expected an https URL' })
  .refine(isBareUrl, { error: 'expected an https URL without user name, query and fragment', abort: true })
  .refine(isServerUrl, {
    error: 'expected the URL without "/v1" or "/ui" and what follows; the path of the engine belongs in "mount"',
  })

/** The configuration of Vault and OpenBao. */
export const configSchema = z
  .strictObject({
    address: address.describe('The URL of the server, for example https://vault.example:8200; without /v1.'),
    allowInsecure: z
      .boolean()
      .optional()
      .describe('Permits http to other machines: anybody in between then reads tokens and keys.'),
    mount: mountPath.optional().describe('Where the Transit engine is mounted; "transit" by default.'),
    namespace: mountPath.optional().describe('The namespace, where the server has any.'),
    auth: authSchema.describe('How the provider gets its token.'),
    tls: tlsSchema.optional(),
    timeouts: z
      .strictObject({
        requestMs: milliseconds.optional().describe('The deadline of a call, logging in included; 5,000 by default.'),
        connectMs: milliseconds.optional().describe('The deadline of a connection; 2,000 by default.'),
      })
      .optional()
      .describe('Deadlines.'),
    maxConnections: z.int().min(1).max(10_000).optional().describe('Most connections at a time; 50 by default.'),
  })
  .superRefine((config, context) => {
    const issue = (path: PropertyKey[], message: string): void => {
      context.addIssue({ code: 'custom', path, message })
    }
    const url = URL.canParse(config.address) ? new URL(config.address) : undefined
    if (url !== undefined && config.allowInsecure !== true && !isSafeUrl(url)) {
      issue(['address'], 'expected an https URL, or one of this machine; "allowInsecure: true" permits any')
    }
    if (config.tls !== undefined && url?.protocol === 'http:')
      issue(['tls'], 'expected to be absent, because "address" is not https')
    if (config.auth.method === 'cert' && config.tls?.certFile === undefined) {
      issue(['tls', 'certFile'], 'expected a file name, because "auth.method" is "cert"')
    }
  })

/** The configuration of Vault and OpenBao, as `configSchema` describes it. */
export type VaultKmsConfig = z.output<typeof configSchema>

function isBareUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  // An empty query does not show in the URL.
  return url !== undefined && url.username === '' && url.password === '' && !/[?#]/.test(text)
}

/** The API's path is added to it; Kroxylicious and the address bar of a browser write it with that or with the path of the user interface. */
function isServerUrl(text: string): boolean {
  return !URL.canParse(text) || !/\/(?:v1|ui)(?:\/|$)/i.test(new URL(text).pathname)
}
