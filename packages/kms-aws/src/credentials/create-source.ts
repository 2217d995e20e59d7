import { resolve } from 'node:path'

import { containerSource } from './container-source.ts'
import type { CredentialsConfig } from './credentials-schema.ts'
import { defaultSource } from './default-source.ts'
import { instanceSource } from './instance-source.ts'
import { profileSource } from './profile-source.ts'
import type { ProfileFiles } from './profiles.ts'
import type { Source, SourceContext } from './source.ts'
import { staticSource } from './static-source.ts'
import { roleSource, webIdentitySource } from './sts-source.ts'

/**
 * Creates the configured credential source.
 *
 * @throws `KMS_CONFIG` when a secret is malformed.
 */
export function createSource(config: CredentialsConfig, context: SourceContext, path = 'credentials'): Source {
  const file = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : resolve(context.baseDirectory, name)
  switch (config.method) {
    case 'default':
      return defaultSource(context)
    case 'static':
      return staticSource(config, context.baseDirectory, path)
    case 'profile':
      return profileSource(config.profile, filesOf(config, context.baseDirectory), context)
    case 'webIdentity':
      return webIdentitySource({ ...config, tokenFile: file(config.tokenFile) }, context)
    case 'container':
      return containerSource({}, context)
    case 'podIdentity':
      return containerSource({ uri: config.uri, tokenFile: file(config.tokenFile) }, context)
    case 'ec2':
      return instanceSource({ allowImdsV1: config.allowImdsV1 }, context)
    case 'assumeRole': {
      const source = createSource(config.source ?? { method: 'default' }, context, `${path}.source`)
      return roleSource(config, source, context)
    }
  }
}

/** Returns the files that a configured profile is read from. */
export function filesOf(
  config: { readonly configFile?: string | undefined; readonly credentialsFile?: string | undefined },
  baseDirectory: string,
): ProfileFiles {
  const file = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : resolve(baseDirectory, name)
  return { configFilepath: file(config.configFile), filepath: file(config.credentialsFile) }
}
