import { readFile } from 'node:fs/promises'

import { isSafeEndpoint } from '../transport/endpoint.ts'
import { SILENT } from '../transport/silent.ts'
import type { AcceptEndpoint } from '../transport/transport.ts'
import { cleanSecret } from './check-credentials.ts'
import { SourceFailure } from './source-failure.ts'
import { handlerOf, type Attempt, type Source, type SourceContext } from './source.ts'

const SESSION_NAME = 'keyfold'

/** A role to assume. */
export interface RoleOptions {
  readonly roleArn: string
  readonly externalId?: string | undefined
  readonly sessionName?: string | undefined
  readonly durationSeconds?: number | undefined
}

/** Creates a source that assumes a role with the credentials of another one. @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export function roleSource(role: RoleOptions, source: Source, context: SourceContext): Source {
  const accept: AcceptEndpoint = context.allowInsecure ? () => true : isSafeEndpoint
  return async (attempt) => {
    const masterCredentials = await source(attempt)
    const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers')
    const params = {
      RoleArn: role.roleArn,
      RoleSessionName: role.sessionName ?? SESSION_NAME,
      ...(role.externalId !== undefined && { ExternalId: role.externalId }),
      ...(role.durationSeconds !== undefined && { DurationSeconds: role.durationSeconds }),
    }
    const clientConfig = stsConfig(context, attempt, accept)
    return await fromTemporaryCredentials({ masterCredentials, params, clientConfig, logger: SILENT })()
  }
}

/** A role to assume with a web identity token; by default what the variables of EKS say. */
export interface WebIdentityOptions {
  readonly roleArn?: string | undefined
  readonly sessionName?: string | undefined
  readonly durationSeconds?: number | undefined
  readonly tokenFile?: string | undefined
}

/**
 * Creates a source that assumes a role with the token of a file, which is read each time. The token is a bearer token: it goes to https or to this
 * machine, whatever `allowInsecure` says.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export function webIdentitySource(options: WebIdentityOptions, context: SourceContext): Source {
  return async (attempt) => {
    const { AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_SESSION_NAME } = process.env
    const roleArn = options.roleArn ?? AWS_ROLE_ARN
    const tokenFile = options.tokenFile ?? AWS_WEB_IDENTITY_TOKEN_FILE
    if (roleArn === undefined || roleArn === '' || tokenFile === undefined || tokenFile === '')
      throw new SourceFailure('missing', { tried: ['web identity'], reason: 'NO_WEB_IDENTITY' })
    const webIdentityToken = cleanSecret(await readFile(tokenFile, 'utf8'), 'credentials.tokenFile')
    const { fromWebToken } = await import('@aws-sdk/credential-providers')
    const { durationSeconds } = options
    return await fromWebToken({
      roleArn,
      webIdentityToken,
      roleSessionName: options.sessionName ?? AWS_ROLE_SESSION_NAME ?? SESSION_NAME,
      ...(durationSeconds !== undefined && { durationSeconds }),
      clientConfig: stsConfig(context, attempt, isSafeEndpoint),
      logger: SILENT,
    })()
  }
}

function stsConfig(context: SourceContext, attempt: Attempt, accept: AcceptEndpoint): object {
  const { region, stsEndpoint } = context
  return {
    region,
    maxAttempts: 1,
    logger: SILENT,
    requestHandler: handlerOf(context, attempt, accept),
    ...(stsEndpoint !== undefined && { endpoint: stsEndpoint }),
  }
}
