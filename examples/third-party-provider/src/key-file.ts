import { readFile } from 'node:fs/promises'

import * as z from 'zod'

import { AccessDeniedError, InvalidResponseError, KmsUnavailableError, type KmsErrorDetails } from '@keyfold/kms-api'
import { decodeBase64, sanitizeCause } from '@keyfold/kms-api/provider-kit'

import { openKey } from './seal.ts'

/** How the file is read. An application may give its own by `KmsContext.clients.readFile`. */
export type ReadFile = (path: string, options: { readonly signal?: AbortSignal }) => Promise<Uint8Array>

const keyFile = z.strictObject({
  keks: z.array(
    z.strictObject({
      id: z.uuid(),
      name: z.string().min(1),
      disabled: z.boolean(),
      /** Oldest first, each encrypted under the master key. */
      versions: z.array(z.strictObject({ iv: z.base64(), wrapped: z.base64() })).min(1),
    }),
  ),
})

/** A KEK as it stands in the file. */
export type StoredKek = z.output<typeof keyFile>['keks'][number]

/** Reads the KEKs. Each failure is an answer of its own: not allowed, not there, not what it should be. */
export async function readKeks(
  read: ReadFile,
  path: string,
  signal: AbortSignal,
  details: KmsErrorDetails,
): Promise<readonly StoredKek[]> {
  let bytes: Uint8Array
  try {
    bytes = await read(path, { signal })
  } catch (error) {
    const cause = sanitizeCause(error)
    const code: unknown = (error as NodeJS.ErrnoException).code
    throw code === 'EACCES' || code === 'EPERM'
      ? new AccessDeniedError({ ...details, cause })
      : new KmsUnavailableError({ ...details, cause })
  }
  const result = keyFile.safeParse(parsed(bytes))
  if (!result.success) throw new InvalidResponseError('a file of KEKs', details)
  return result.data.keks
}

/** Decrypts one version of a KEK. The caller zeroes the bytes. @throws `KMS_INVALID_RESPONSE` when the master key is another one. */
export function openVersion(
  kek: StoredKek,
  version: number,
  masterKey: Uint8Array,
  details: KmsErrorDetails,
): Uint8Array | undefined {
  const stored = kek.versions[version - 1]
  if (stored === undefined) return undefined
  const [iv, wrapped] = [decodeBase64(stored.iv), decodeBase64(stored.wrapped)]
  const key = iv?.length === 12 && wrapped?.length === 48 ? openKey(masterKey, iv, wrapped) : undefined
  if (key === undefined) throw new InvalidResponseError('a KEK under the master key of the configuration', details)
  return key
}

/** The file system itself. */
export const readWithNode: ReadFile = (path, options) => readFile(path, options)

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
