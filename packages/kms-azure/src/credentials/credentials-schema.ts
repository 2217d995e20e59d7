import * as z from 'zod'

import { secretSchema } from '@keyfold/kms-api/provider-kit'

const METHODS =
  'expected one of "default", "managedIdentity", "workloadIdentity", "clientSecret", "clientCertificate" and "azureCli"'
const id = z.string().regex(/^[0-9A-Za-z.-]{1,128}$/, { error: 'expected an id: letters, digits, "-" and "."' })
const file = z.string().min(1)
const tenantId = id.describe('The tenant, by id or domain.')
const clientId = id.describe('The application (client) id.')

/** Where the token comes from. Each method is a credential of `@azure/identity`. */
export const credentialsSchema = z.discriminatedUnion(
  'method',
  [
    z
      .strictObject({
        method: z.literal('default'),
        tenantId: tenantId.optional(),
        managedIdentityClientId: clientId.optional(),
      })
      .describe('The default chain: environment, workload identity, managed identity, developer tools.'),
    z
      .strictObject({ method: z.literal('managedIdentity'), clientId: clientId.optional() })
      .describe('A managed identity: of the system, or with "clientId" one that a user assigned.'),
    z
      .strictObject({
        method: z.literal('workloadIdentity'),
        tenantId: tenantId.optional(),
        clientId: clientId.optional(),
        tokenFile: file.optional().describe('The file of the federated token.'),
      })
      .describe('A workload identity, for example of AKS; by default what the environment says.'),
    z
      .strictObject({
        method: z.literal('clientSecret'),
        tenantId,
        clientId,
        clientSecret: secretSchema.describe('The secret of the application: one of value, file and env.'),
      })
      .describe('A service principal with a secret.'),
    z
      .strictObject({
        method: z.literal('clientCertificate'),
        tenantId,
        clientId,
        certificateFile: file.describe('A PEM file with the certificate and its private key.'),
        passphrase: secretSchema.optional().describe('Decrypts the private key.'),
      })
      .describe('A service principal with a certificate.'),
    z
      .strictObject({ method: z.literal('azureCli'), tenantId: tenantId.optional() })
      .describe('The account that "az login" logged in, for development.'),
  ],
  { error: METHODS },
)

/** Where the token comes from, as `credentialsSchema` describes it. */
export type CredentialsConfig = z.output<typeof credentialsSchema>
