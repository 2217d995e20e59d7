import { loadConfig } from '@keyfold/config/tooling'

/** By provider, the mount that the configuration names: used for an EDEK that does not contain one. */
export type Mounts = ReadonlyMap<string, string>

/**
 * Reads the settings that `inspect` uses from a configuration: its real path, and the mount of its provider.
 *
 * @throws ConfigError.
 */
export async function readMounts(
  config: string | undefined,
  cwd: string,
): Promise<{ readonly configPath: string | undefined; readonly mounts: Mounts }> {
  if (config === undefined) return { configPath: undefined, mounts: new Map() }
  const { path, document } = await loadConfig(config, cwd)
  const { provider, config: section } = document.kms
  const mount = section['mount']
  return { configPath: path, mounts: new Map(typeof mount === 'string' ? [[provider, mount]] : []) }
}
