import * as z from 'zod'

import { isSafeUrl, secretSchema } from '@keyfold/kms-api/provider-kit'

import { credentialsSchema } from './credentials/credentials-schema.ts'

const account = z.string().regex(/^[0-9]{12}$/, { error: 'expected a string of 12 digits' })
const region = z
  .string()
  .regex(/^[a-z]{2,8}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$/, { error: 'expected a region, as "eu-central-1"' })
const partition = z.string().regex(/^aws(-[a-z]{1,8}){0,3}$/, { error: 'expected a partition, as "aws"' })
const endpoint = z.url({ protocol: /^https?$/, error: 'expected an https URL' })
const milliseconds = z.int().min(1).max(600_000)

/** The configuration of AWS KMS. */
export const configSchema = z
  .strictObject({
    region: region.optional().describe('Where requests go; by default what the environment or the profile says.'),
    account: account
      .optional()
      .describe('Your own account, which key ids and aliases belong to. Needed to choose a KEK by its ARN.'),
    trustedAccounts: z.array(account).optional().describe('Other accounts whose KEKs may be used, by ARN.'),
    regions: z.array(region).optional().describe('Regions, besides the own, that ARNs may name.'),
    partitions: z
      .array(partition)
      .min(1)
      .optional()
      .describe('Partitions that ARNs may name; by default the one of the region.'),
    endpoint: endpoint.optional().describe('Another endpoint than that of the region, for example of a VPC.'),
    stsEndpoint: endpoint.optional().describe('Another endpoint of STS, for roles and web identities.'),
    allowInsecure: z.boolean().optional().describe('Permits endpoints that are neither https nor on this machine.'),
    tls: z
      .strictObject({
        ca: secretSchema.describe(
          'Authorities that are trusted instead of those of Node.js, as PEM: one of value, file and env.',
        ),
      })
      .optional()
      .describe('For endpoints with certificates of your own authority.'),
    fips: z.boolean().optional().describe('Uses the FIPS endpoint of the region.'),
    dualstack: z.boolean().optional().describe('Uses the endpoint that has IPv6 too.'),
    credentials: credentialsSchema
      .optional()
      .describe("Where the credentials come from; by default the SDK's default chain."),
    timeouts: z
      .strictObject({
        requestMs: milliseconds.optional().describe('The deadline of a call, credentials included; 5,000 by default.'),
        connectMs: milliseconds.optional().describe('The deadline of a connection; 2,000 by default.'),
      })
      .optional()
      .describe('Deadlines.'),
    maxConnections: z.int().min(1).max(10_000).optional().describe('The maximum number of connections; 50 by default.'),
  })
  .superRefine((config, context) => {
    const issue = (path: PropertyKey[], message: string) => {
      context.addIssue({ code: 'custom', path, message })
    }
    for (const name of ['endpoint', 'stsEndpoint'] as const) {
      const url = config[name]
      if (url !== undefined && config.allowInsecure !== true && URL.canParse(url) && !isSafeUrl(new URL(url))) {
        issue([name], 'expected an https URL, or one of this machine; "allowInsecure: true" permits any')
      }
    }
    for (const name of ['fips', 'dualstack'] as const) {
      if (config[name] === true && config.endpoint !== undefined)
        issue([name], 'expected to be absent, because "endpoint" is given: it chooses among the endpoints of AWS')
    }
    const { trustedAccounts = [] } = config
    if (trustedAccounts.length > 0 && config.account === undefined) {
      issue(['account'], 'expected the 12 digits of your own account, because "trustedAccounts" is given')
    }
    for (const [i, trusted] of trustedAccounts.entries()) {
      if (trusted === config.account) issue(['trustedAccounts', i], 'expected another account than "account"')
    }
  })

/** The configuration of AWS KMS, as `configSchema` describes it. */
export type AwsKmsConfig = z.output<typeof configSchema>
