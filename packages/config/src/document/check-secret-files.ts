import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'

import { escapeText, formatPath } from '@keyfold/kms-api'

import { readMounts, type IsReadOnly } from '../trust/mounts.ts'

const OTHERS_READ = 0o004
const OTHERS_WRITE = 0o002
/** Certificates are public, so reading them reveals nothing. */
const PUBLIC: ReadonlySet<PropertyKey | undefined> = new Set(['ca', 'cert', 'caFile', 'certFile'])

/** A problem with a file or an environment variable that a configuration names. */
export interface SecretFinding {
  /** Whether the KMS client could not start, or would trust content written by others; otherwise it is a warning. */
  readonly fatal: boolean
  /** One line that begins with the place of the secret; escaped. */
  readonly message: string
}

/**
 * Checks every secret of a provider's section that is given by `file` or `env`, and every other file, without reading it: it must exist, and others must neither write it
 * nor, unless it is a certificate, read it.
 *
 * @param baseDirectory - the folder in which relative names of files start.
 */
export async function checkSecretFiles(config: unknown, baseDirectory: string): Promise<SecretFinding[]> {
  const isReadOnly = await readMounts()
  const findings = secretsOf(config, ['kms', 'config']).map(async ({ path, file, env }) => {
    const where = `"${formatPath(path)}"`
    if (env !== undefined) return checkVariable(where, env)
    return checkFile(where, resolve(baseDirectory, file ?? ''), PUBLIC.has(path.at(-1)), isReadOnly)
  })
  return (await Promise.all(findings)).flat()
}

function checkVariable(where: string, env: string): SecretFinding[] {
  const { [env]: value = '' } = process.env
  if (value !== '') return []
  return [{ fatal: true, message: `${where} names the environment variable ${escapeText(env)}, which is not set` }]
}

async function checkFile(
  where: string,
  file: string,
  isPublic: boolean,
  isReadOnly: IsReadOnly,
): Promise<SecretFinding[]> {
  const shown = escapeText(file)
  const stats = await stat(file).catch((error: unknown) => (error as NodeJS.ErrnoException).code ?? 'unknown error')
  if (typeof stats === 'string') {
    const why = stats === 'ENOENT' ? 'no such file' : stats === 'EACCES' ? 'permission denied (EACCES)' : stats
    return [{ fatal: true, message: `${where} names the file "${shown}", which cannot be read: ${why}` }]
  }
  if (stats.isDirectory()) return [{ fatal: true, message: `${where} names "${shown}", which is a folder` }]
  if (process.geteuid === undefined || isReadOnly(file)) return []
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0')
  const open = (verb: string, bits: string): string =>
    `${where} names the file "${shown}", which others may ${verb} (mode ${mode}); type: chmod ${bits} ${shown}`
  if ((stats.mode & OTHERS_WRITE) !== 0)
    return [{ fatal: true, message: isPublic ? open('write', 'o-w') : open('read and write', 'o-rw') }]
  if ((stats.mode & OTHERS_READ) === 0 || isPublic) return []
  return [{ fatal: false, message: open('read', 'o-r') }]
}

interface NamedSecret {
  readonly path: readonly PropertyKey[]
  readonly file?: string | undefined
  readonly env?: string | undefined
}

/** Secrets have the same form in every provider: an object of one of the keys `value`, `file` and `env`. So do other files: `caFile`, `keyFile`. */
function secretsOf(value: unknown, path: readonly PropertyKey[]): NamedSecret[] {
  if (typeof value !== 'object' || value === null) return []
  const entries = Object.entries(value)
  const [only] = entries
  if (entries.length === 1 && only !== undefined && typeof only[1] === 'string') {
    if (only[0] === 'file') return [{ path, file: only[1] }]
    if (only[0] === 'env') return [{ path, env: only[1] }]
  }
  return entries.flatMap(([key, inner]) => {
    const here = [...path, Array.isArray(value) ? Number(key) : key]
    return typeof inner === 'string' && key.endsWith('File') ? [{ path: here, file: inner }] : secretsOf(inner, here)
  })
}
