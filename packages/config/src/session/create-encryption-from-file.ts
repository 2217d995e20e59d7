import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { Kms, Logger } from '@keyfold/kms-api'
import type { RecordEncryption, RecordEncryptionOptions } from '@keyfold/record-encryption'

import { loadConfig } from '../document/load-config.ts'
import { openSession } from './open-session.ts'

/** Options of {@link createEncryptionFromFile}. */
export interface EncryptionFromFileOptions {
  /**
   * A file of the application, such as `import.meta.url`: its providers are used if the folder of the configuration has none. Defaults to the
   * place where this package is installed.
   */
  readonly from?: string | URL | undefined
  readonly logger?: Logger | undefined
  /** Replaces the `onDecryptError` of the file, which cannot hold a handler. */
  readonly onDecryptError?: RecordEncryptionOptions['onDecryptError']
}

/** A KMS client and record encryption that were created from a file. */
export interface EncryptionFromFile {
  readonly kms: Kms
  readonly encryption: RecordEncryption
  /** Closes record encryption, then the KMS client. Idempotent. */
  readonly close: () => Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Creates the KMS client and the record encryption that a YAML file describes. Calls the KMS as far as the provider logs in.
 *
 * The file names code that runs with the application's credentials: it, its folders and the provider must be writable by nobody but this user and root.
 *
 * ```ts
 * const { encryption, close } = await createEncryptionFromFile('keyfold.yaml', { from: import.meta.url })
 * ```
 *
 * @param file - a path, relative to the working directory, or a file URL.
 * @throws {@link ConfigError} `CONFIG_UNREADABLE`, `CONFIG_INVALID` or `CONFIG_UNTRUSTED`.
 * @throws {@link ProviderError} when the provider is not installed or does not load.
 * @throws {@link KmsError} `KMS_CONFIG` for a section that the provider rejects, and the error of a failed login.
 */
export async function createEncryptionFromFile(
  file: string | URL,
  options: EncryptionFromFileOptions = {},
): Promise<EncryptionFromFile> {
  const { from = import.meta.url, logger, onDecryptError } = options
  const config = await loadConfig(pathOf(file), process.cwd())
  const session = await openSession(config, { beside: resolve(pathOf(from)), logger, onDecryptError })
  const { kms, encryption, close } = session
  return { kms, encryption, close, [Symbol.asyncDispose]: close }
}

function pathOf(file: string | URL): string {
  return file instanceof URL || file.startsWith('file:') ? fileURLToPath(file) : file
}
