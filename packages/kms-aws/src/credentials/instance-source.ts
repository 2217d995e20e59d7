import { KmsConfigError } from '@keyfold/kms-api'

import { PROVIDER } from '../provider.ts'
import { isInstanceEndpoint } from '../transport/endpoint.ts'
import { loadProfiles } from './profiles.ts'
import { parseCredentials, requestMetadata } from './request-metadata.ts'
import { SourceFailure } from './source-failure.ts'
import { handlerOf, type Source, type SourceContext } from './source.ts'

const ROLES = '/latest/meta-data/iam/security-credentials/'
const TOKEN = '/latest/api/token'
/** Long enough for the requests of one attempt; a session token is never kept. */
const TOKEN_SECONDS = '60'
/** The service is link-local: a longer silence means that there is none. */
const MAX_TIMEOUT_MS = 1_000
const ROLE_NAME = /^[\w+=,.@-]{1,128}$/

/** Options of {@link instanceSource}. */
export interface InstanceOptions {
  /** Falls back to IMDSv1, which has no session token, where the service knows no version 2. */
  readonly allowImdsV1?: boolean | undefined
}

/**
 * Creates a source of the credentials of an EC2 instance profile, by IMDSv2.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
 */
export function instanceSource({ allowImdsV1 = false }: InstanceOptions, context: SourceContext): Source {
  const timeoutMs = Math.min(context.timeoutMs, MAX_TIMEOUT_MS)
  return async (attempt) => {
    const base = await endpointOf()
    const handler = handlerOf({ ...context, timeoutMs }, attempt, isInstanceEndpoint)
    const at = (path: string): URL => new URL(path, base)
    const token = await sessionToken(() =>
      requestMetadata(handler, {
        url: at(TOKEN),
        method: 'PUT',
        headers: { 'x-aws-ec2-metadata-token-ttl-seconds': TOKEN_SECONDS },
      }),
    )
    const headers = token === undefined ? {} : { 'x-aws-ec2-metadata-token': token }
    const role =
      (await roleText(() => requestMetadata(handler, { url: at(ROLES), headers }))).split('\n')[0]?.trim() ?? ''
    if (!ROLE_NAME.test(role)) throw new SourceFailure('invalid', { endpoint: base.origin })
    const text = await requestMetadata(handler, { url: at(ROLES + role), headers })
    return parseCredentials(text, base.origin)
  }

  async function sessionToken(request: () => Promise<string>): Promise<string | undefined> {
    try {
      return await request()
    } catch (error) {
      const unknown = error instanceof SourceFailure && [403, 404, 405].includes(error.facts.status ?? 0)
      if (allowImdsV1 && unknown) return undefined
      throw error
    }
  }
}

async function roleText(request: () => Promise<string>): Promise<string> {
  try {
    return await request()
  } catch (error) {
    if (!(error instanceof SourceFailure) || error.facts.status !== 404) throw error
    throw new SourceFailure('missing', { ...error.facts, tried: ['EC2'], advice: 'attach an instance profile' })
  }
}

/** Returns whether the environment or the profile names a metadata service of its own. */
export async function hasInstanceEndpoint(): Promise<boolean> {
  return (await configuredEndpoint()) !== undefined
}

async function endpointOf(): Promise<URL> {
  const configured = await configuredEndpoint()
  const { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: mode } = process.env
  const usual = mode?.toLowerCase() === 'ipv6' ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254'
  const endpoint = configured ?? usual
  if (URL.canParse(endpoint)) return new URL(endpoint)
  throw new KmsConfigError('AWS_EC2_METADATA_SERVICE_ENDPOINT', 'expected a URL, got something else', {
    provider: PROVIDER,
    operation: 'create',
  })
}

async function configuredEndpoint(): Promise<string | undefined> {
  const { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint, AWS_PROFILE: profile = 'default' } = process.env
  if (endpoint !== undefined && endpoint !== '') return endpoint
  return (await loadProfiles())[profile]?.['ec2_metadata_service_endpoint']
}
