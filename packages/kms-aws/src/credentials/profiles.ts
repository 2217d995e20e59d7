/** The settings of one profile, by name. */
export type Profile = Readonly<Record<string, string | undefined>>

/** Other files than the default ones. */
export interface ProfileFiles {
  readonly configFilepath?: string | undefined
  readonly filepath?: string | undefined
}

/** Reads the shared configuration files, anew each time; a file that does not exist counts as empty. */
export async function loadProfiles(files: ProfileFiles = {}): Promise<Readonly<Record<string, Profile | undefined>>> {
  const { parseKnownFiles } = await import('@smithy/core/config')
  const { configFilepath, filepath } = files
  return await parseKnownFiles({
    ignoreCache: true,
    ...(configFilepath !== undefined && { configFilepath }),
    ...(filepath !== undefined && { filepath }),
  })
}

/** Returns the profile that is used where none is named. */
export function defaultProfileName(): string {
  const { AWS_PROFILE: name } = process.env
  return name === undefined || name === '' ? 'default' : name
}
