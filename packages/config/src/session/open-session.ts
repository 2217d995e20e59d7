import { dirname } from 'node:path'

import { escapeText, type Kms, type Logger } from '@keyfold/kms-api'
import { createRecordEncryption, type RecordEncryption, type RecordEncryptionOptions } from '@keyfold/record-encryption'

import type { LoadedConfig } from '../document/load-config.ts'
import { ConfigError } from '../errors/config-error.ts'
import { fromProvider, sanitizedKms } from '../providers/from-provider.ts'
import { loadProvider } from '../providers/load-provider.ts'

/** Options of {@link openSession}. */
export interface SessionOptions {
  /** A file of the installation whose providers are used if the configuration's folder has none. */
  readonly beside: string
  readonly logger?: Logger | undefined
  /** Replaces the `onDecryptError` of the file. */
  readonly onDecryptError?: RecordEncryptionOptions['onDecryptError']
  /** Wraps the provider's KMS below all caches, to count or trace the calls that reach it. */
  readonly wrap?: ((kms: Kms) => Kms) | undefined
}

/** Record encryption created from a configuration. */
export interface Session {
  readonly kms: Kms
  readonly encryption: RecordEncryption
  /** Closes record encryption, then the KMS client. */
  readonly close: () => Promise<void>
}

/**
 * Loads the provider, connects to the KMS and creates the record encryption of a configuration. Calls the KMS as far as the provider logs in.
 *
 * @throws {@link ProviderError}, {@link KmsError}, and {@link ConfigError} `CONFIG_INVALID` for rules that are wrong.
 */
export async function openSession({ path, document }: LoadedConfig, options: SessionOptions): Promise<Session> {
  const { beside, logger, wrap = (kms: Kms) => kms } = options
  const provider = await loadProvider(document.kms.provider, { configPath: path, beside })
  const context = { baseDirectory: dirname(path), logger }
  const kms = wrap(sanitizedKms(await fromProvider(() => provider.create(document.kms.config, context))))
  try {
    const encryption = await createRecordEncryption({
      ...document.encryption,
      ...(options.onDecryptError !== undefined && { onDecryptError: options.onDecryptError }),
      kms,
      resilience: document.kms.resilience,
      logger,
    })
    return {
      kms,
      encryption,
      close: async () => {
        await encryption.close()
        await kms.close()
      },
    }
  } catch (error) {
    await kms.close()
    throw error instanceof TypeError
      ? new ConfigError('CONFIG_INVALID', `encryption: ${escapeText(error.message)}`)
      : error
  }
}
