import { printable } from '@keyfold/kms-api'

import { containerSource, hasContainerService } from './container-source.ts'
import { failureOf } from './failure-of.ts'
import { hasInstanceEndpoint, instanceSource } from './instance-source.ts'
import { profileSource } from './profile-source.ts'
import { defaultProfileName } from './profiles.ts'
import { SourceFailure } from './source-failure.ts'
import type { Attempt, Credentials, Source, SourceContext } from './source.ts'
import { environmentCredentials } from './static-source.ts'
import { webIdentitySource } from './sts-source.ts'

/**
 * Creates the default chain, in the order of the SDK: environment (unless `AWS_PROFILE` is set), profile, web identity, container or EC2. The next
 * one is tried only where one is not there, not where it fails.
 *
 * @see https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/setting-credentials-node.html
 */
export function defaultSource(context: SourceContext): Source {
  const state = { instance: false }
  return async (attempt) => {
    const tried: string[] = []
    const { AWS_PROFILE, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN } = process.env
    if (AWS_PROFILE === undefined || AWS_PROFILE === '') {
      const credentials = environmentCredentials()
      if (credentials !== undefined) return credentials
      tried.push('environment')
    }
    const name = defaultProfileName()
    tried.push(`profile ${printable(name)}`)
    const ofProfile = await unlessMissing(profileSource(name, {}, context), attempt, 'NO_CREDENTIALS_IN_PROFILE')
    if (ofProfile !== undefined) return ofProfile
    if (AWS_WEB_IDENTITY_TOKEN_FILE && AWS_ROLE_ARN) return await webIdentitySource({}, context)(attempt)
    if (hasContainerService()) return await containerSource({}, context)(attempt)
    tried.push('web identity', 'container')
    const { AWS_EC2_METADATA_DISABLED: disabled } = process.env
    if (disabled !== undefined && disabled !== '' && disabled !== 'false')
      throw new SourceFailure('missing', { tried: [...tried, 'EC2 (disabled)'] })
    return await ofInstance(context, attempt, [...tried, 'EC2'], state)
  }
}

async function unlessMissing(source: Source, attempt: Attempt, reason: string): Promise<Credentials | undefined> {
  try {
    return await source(attempt)
  } catch (error) {
    if (error instanceof SourceFailure && error.problem === 'missing' && error.facts.reason === reason) return undefined
    throw error
  }
}

/** A service that was never there, at the address where it would be, is no outage: this machine is no instance. */
async function ofInstance(
  context: SourceContext,
  attempt: Attempt,
  tried: readonly string[],
  state: { instance: boolean },
): Promise<Credentials> {
  try {
    const credentials = await instanceSource({}, context)(attempt)
    state.instance = true
    return credentials
  } catch (error) {
    const failure = failureOf(error, attempt.trace)
    const silent = failure instanceof SourceFailure && attempt.trace.status === undefined
    if (silent && !state.instance && !(await hasInstanceEndpoint())) throw new SourceFailure('missing', { tried })
    if (failure instanceof SourceFailure && failure.problem === 'missing')
      throw new SourceFailure('missing', { ...failure.facts, tried })
    throw error
  }
}
