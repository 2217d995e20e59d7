import * as z from 'zod'

import type { SecretConfig } from '@keyfold/kms-api'
import { secretSchema } from '@keyfold/kms-api/provider-kit'

import { isContainerEndpoint } from '../transport/endpoint.ts'

/** Where the credentials come from. */
export type CredentialsConfig = SourceCredentialsConfig | AssumeRoleConfig

/** Credentials that need no others. */
export type SourceCredentialsConfig =
  | { readonly method: 'default' }
  | ProfileCredentialsConfig
  | StaticCredentialsConfig
  | {
      readonly method: 'webIdentity'
      readonly roleArn?: string | undefined
      readonly tokenFile?: string | undefined
      readonly sessionName?: string | undefined
      readonly durationSeconds?: number | undefined
    }
  | { readonly method: 'container' }
  | { readonly method: 'podIdentity'; readonly uri?: string | undefined; readonly tokenFile?: string | undefined }
  | { readonly method: 'ec2'; readonly allowImdsV1?: boolean | undefined }

/** A profile of the shared configuration files. */
export interface ProfileCredentialsConfig {
  readonly method: 'profile'
  readonly profile: string
  readonly configFile?: string | undefined
  readonly credentialsFile?: string | undefined
}

/** An access key. */
export interface StaticCredentialsConfig {
  readonly method: 'static'
  readonly accessKeyId: SecretConfig
  readonly secretAccessKey: SecretConfig
  readonly sessionToken?: SecretConfig | undefined
}

/** A role that is assumed with other credentials; these may be those of a role again. */
export interface AssumeRoleConfig {
  readonly method: 'assumeRole'
  readonly roleArn: string
  readonly externalId?: string | undefined
  readonly sessionName?: string | undefined
  readonly durationSeconds?: number | undefined
  readonly source?: CredentialsConfig | undefined
}

const METHODS =
  'expected one of "default", "profile", "static", "webIdentity", "container", "podIdentity", "ec2" and "assumeRole"'
const text = z.string().min(1)
const roleArn = z.string().regex(/^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role\/.+$/, {
  error: 'expected the ARN of a role, as arn:aws:iam::123456789012:role/name',
})
const sessionName = z
  .string()
  .regex(/^[\w+=,.@-]{2,64}$/, { error: 'expected 2 to 64 letters, digits or characters of "_+=,.@-"' })
const uri = z.url().refine(
  (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    return url !== undefined && isContainerEndpoint(url.protocol, url.hostname)
  },
  { error: 'expected an https URL, or http to this machine or to a link-local address that AWS documents' },
)
const durationSeconds = z.int().min(900).max(43_200)

const assumeRoleSchema = z.strictObject({
  method: z.literal('assumeRole'),
  roleArn: roleArn.describe('The role that is assumed.'),
  externalId: z.string().min(2).max(1_224).optional().describe("What the role's trust policy asks for."),
  sessionName: sessionName.optional().describe('Names the session in CloudTrail; "keyfold" by default.'),
  durationSeconds: durationSeconds.optional().describe('How long the session is valid.'),
  get source(): z.ZodOptional<z.ZodType<CredentialsConfig, CredentialsConfig>> {
    return credentialsSchema.optional()
  },
})

/** Where the credentials come from: exactly one way. */
export const credentialsSchema: z.ZodType<CredentialsConfig, CredentialsConfig> = z
  .discriminatedUnion(
    'method',
    [
      z
        .strictObject({ method: z.literal('default') })
        .describe("The SDK's default chain: environment, SSO, profile, process, web identity, container, EC2."),
      z
        .strictObject({
          method: z.literal('profile'),
          profile: text.describe('The name of a profile of the shared configuration files.'),
          configFile: text
            .optional()
            .describe('Another file than the default one; a relative name starts beside the configuration.'),
          credentialsFile: text
            .optional()
            .describe('Another file than the default one; a relative name starts beside the configuration.'),
        })
        .describe('A profile of the shared configuration files.'),
      z
        .strictObject({
          method: z.literal('static'),
          accessKeyId: secretSchema,
          secretAccessKey: secretSchema,
          sessionToken: secretSchema.optional(),
        })
        .describe('An access key; its files and variables are read again when it is refused.'),
      z
        .strictObject({
          method: z.literal('webIdentity'),
          roleArn: roleArn.optional().describe('By default the variable AWS_ROLE_ARN.'),
          tokenFile: text
            .optional()
            .describe('By default the variable AWS_WEB_IDENTITY_TOKEN_FILE; read anew each time.'),
          sessionName: sessionName.optional().describe('By default the variable AWS_ROLE_SESSION_NAME.'),
          durationSeconds: durationSeconds.optional(),
        })
        .describe('A role assumed with a web identity token, as on EKS with IAM roles for service accounts.'),
      z.strictObject({ method: z.literal('container') }).describe('The task role of ECS.'),
      z
        .strictObject({
          method: z.literal('podIdentity'),
          uri: uri.optional().describe('By default the variable AWS_CONTAINER_CREDENTIALS_FULL_URI.'),
          tokenFile: text
            .optional()
            .describe('By default the variable AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE; read anew each time.'),
        })
        .describe('EKS Pod Identity.'),
      z
        .strictObject({
          method: z.literal('ec2'),
          allowImdsV1: z
            .boolean()
            .optional()
            .describe('Falls back to IMDSv1 where the service has no IMDSv2; false by default.'),
        })
        .describe('The instance profile of EC2, by IMDSv2.'),
      assumeRoleSchema.describe('A role assumed with the credentials of "source", by default of the default chain.'),
    ],
    { error: METHODS },
  )
  .meta({ id: 'AwsCredentials' })
