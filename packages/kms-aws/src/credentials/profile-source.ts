import { KmsConfigError, printable } from '@keyfold/kms-api'

import { PROVIDER } from '../provider.ts'
import { isSafeEndpoint } from '../transport/endpoint.ts'
import { SILENT } from '../transport/silent.ts'
import { cleanSecret } from './check-credentials.ts'
import { containerSource } from './container-source.ts'
import { failureOf } from './failure-of.ts'
import { instanceSource } from './instance-source.ts'
import { processSource } from './process-source.ts'
import { loadProfiles, type Profile, type ProfileFiles } from './profiles.ts'
import { SourceFailure, type SourceProblem } from './source-failure.ts'
import { handlerOf, type Attempt, type Credentials, type Source, type SourceContext } from './source.ts'
import { environmentCredentials } from './static-source.ts'
import { roleSource, webIdentitySource } from './sts-source.ts'

/** Creates a source of a profile of the shared configuration files, which are read anew each time. */
export function profileSource(name: string, files: ProfileFiles, context: SourceContext): Source {
  return async (attempt) => {
    const profiles = await loadProfiles(files)
    return await new ProfileReader(profiles, files, context, attempt).credentials(name, [])
  }
}

/**
 * Walks from a profile to its credentials. The SDK has a function for this, which gives some of the requests that it makes no TLS settings and no
 * deadline, and takes the region of STS for that of SSO.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/creds-config-files.html
 */
class ProfileReader {
  readonly #profiles: Readonly<Record<string, Profile | undefined>>
  readonly #files: ProfileFiles
  readonly #context: SourceContext
  readonly #attempt: Attempt

  constructor(
    profiles: Readonly<Record<string, Profile | undefined>>,
    files: ProfileFiles,
    context: SourceContext,
    attempt: Attempt,
  ) {
    this.#profiles = profiles
    this.#files = files
    this.#context = context
    this.#attempt = attempt
  }

  async credentials(name: string, visited: readonly string[]): Promise<Credentials> {
    const profile = this.#profiles[name] ?? {}
    const { role_arn, source_profile, credential_source } = profile
    const keys = keysOf(profile, name)
    if (visited.length > 0 && keys !== undefined) return keys
    if (role_arn !== undefined && (source_profile ?? credential_source) !== undefined)
      return await this.#role(name, profile, visited)
    if (visited.length > 0 && credential_source !== undefined)
      return await this.#named(credential_source, name)(this.#attempt)
    if (keys !== undefined) return keys
    return await this.#own(name, profile)
  }

  async #role(name: string, profile: Profile, visited: readonly string[]): Promise<Credentials> {
    const { role_arn = '', source_profile, credential_source, mfa_serial, external_id, role_session_name } = profile
    if (mfa_serial !== undefined) throw wrong(name, 'expected no "mfa_serial": there is nobody to type a code')
    if (source_profile !== undefined && credential_source !== undefined)
      throw wrong(name, 'expected either "source_profile" or "credential_source", got both')
    if (source_profile !== undefined && visited.includes(source_profile))
      throw wrong(name, `expected no cycle, got "source_profile" ${printable(source_profile)} again`)
    const source: Source =
      source_profile === undefined
        ? this.#named(credential_source ?? '', name)
        : () => this.credentials(source_profile, [...visited, source_profile])
    const seconds = Number(profile['duration_seconds'] ?? NaN)
    const role = {
      roleArn: role_arn,
      externalId: external_id,
      sessionName: role_session_name,
      durationSeconds: Number.isInteger(seconds) ? seconds : undefined,
    }
    return await roleSource(role, source, this.#in(profile))(this.#attempt)
  }

  #named(source: string, name: string): Source {
    switch (source) {
      case 'EcsContainer':
        return containerSource({}, this.#context)
      case 'Ec2InstanceMetadata':
        return instanceSource({}, this.#context)
      case 'Environment':
        return () => {
          const credentials = environmentCredentials()
          return credentials === undefined
            ? Promise.reject(new SourceFailure('missing', { tried: ['environment'] }))
            : Promise.resolve(credentials)
        }
      default:
        throw wrong(
          name,
          `expected "credential_source" EcsContainer, Ec2InstanceMetadata or Environment, got ${printable(source)}`,
        )
    }
  }

  async #own(name: string, profile: Profile): Promise<Credentials> {
    const { web_identity_token_file, role_arn, role_session_name, credential_process } = profile
    if (web_identity_token_file !== undefined && role_arn !== undefined) {
      const options = { roleArn: role_arn, tokenFile: web_identity_token_file, sessionName: role_session_name }
      return await webIdentitySource(options, this.#in(profile))(this.#attempt)
    }
    if (credential_process !== undefined) return await processSource(credential_process)(this.#attempt)
    if (Object.keys(profile).some((key) => key.startsWith('sso_'))) return await this.#signedIn(name, 'sso')
    if (profile['login_session'] !== undefined) return await this.#signedIn(name, 'login')
    throw new SourceFailure('missing', { tried: [`profile ${printable(name)}`], reason: 'NO_CREDENTIALS_IN_PROFILE' })
  }

  /** IAM Identity Center, or `aws login`: the SDK reads the session that the command line has stored, and may renew it. */
  async #signedIn(name: string, kind: 'sso' | 'login'): Promise<Credentials> {
    const { fromSSO, fromLoginCredentials } = await import('@aws-sdk/credential-providers')
    // Its token is a bearer token. Without a region here, the SDK takes that of the session.
    const requestHandler = handlerOf(this.#context, this.#attempt, isSafeEndpoint) as never
    const clientConfig = { maxAttempts: 1, logger: SILENT, requestHandler }
    const { configFilepath, filepath } = this.#files
    const init = {
      profile: name,
      ignoreCache: true,
      clientConfig,
      logger: SILENT,
      ...(configFilepath !== undefined && { configFilepath }),
      ...(filepath !== undefined && { filepath }),
    }
    try {
      return await (kind === 'sso' ? fromSSO(init) : fromLoginCredentials(init))()
    } catch (cause) {
      const command = kind === 'sso' ? 'aws sso login' : 'aws login'
      const advice = `type: ${command}${name === 'default' ? '' : ` --profile ${quoted(name)}`}`
      const tried = [`${kind === 'sso' ? 'SSO' : 'login'} session of profile ${printable(name)}`]
      const failure = failureOf(cause, this.#attempt.trace)
      if (!(failure instanceof SourceFailure)) throw failure
      const { problem, facts } = failure
      throw new SourceFailure(problem, { ...facts, tried, ...(isFinal(problem) && { advice }) })
    }
  }

  /** STS is asked in the region of the profile. */
  #in({ region }: Profile): SourceContext {
    return region === undefined ? this.#context : { ...this.#context, region }
  }
}

function keysOf(profile: Profile, name: string): Credentials | undefined {
  const { aws_access_key_id: id, aws_secret_access_key: secret, aws_session_token: token } = profile
  if (id === undefined || secret === undefined) return undefined
  const path = (key: string): string => `profile ${name}: ${key}`
  return {
    accessKeyId: cleanSecret(id, path('aws_access_key_id')),
    secretAccessKey: cleanSecret(secret, path('aws_secret_access_key')),
    ...(token !== undefined && { sessionToken: cleanSecret(token, path('aws_session_token')) }),
  }
}

/** The session has ended, rather than a service: signing in again helps. */
function isFinal(problem: SourceProblem): boolean {
  return problem === 'missing' || problem === 'rejected'
}

/** Writes a name as a shell takes it. */
function quoted(name: string): string {
  return /^[\w.@-]+$/.test(name) ? name : `'${printable(name).slice(1, -1).replaceAll("'", "'\\''")}'`
}

function wrong(name: string, problem: string): KmsConfigError {
  return new KmsConfigError(`profile ${name}`, problem, { provider: PROVIDER, operation: 'create' })
}
