import { dirname } from 'node:path'

import type { Logger } from 'pino'

import { createRecordEncryption, type DecryptErrorHandler, type RecordEncryption } from '@keyfold/record-encryption'

import type { LoadedConfig } from '../config/load-config.ts'
import { CliError } from '../report/cli-error.ts'
import { escapeText } from '../report/escape-text.ts'
import { countingKms, type KmsCounter } from './counting-kms.ts'
import { fromProvider, sanitizedKms } from './from-provider.ts'
import { loadProvider } from './load-provider.ts'

/** Record encryption as a configuration describes it. */
export interface Session {
  readonly encryption: RecordEncryption
  readonly counter: KmsCounter
  /** Ends record encryption, then the KMS client. */
  close(): Promise<void>
}

/**
 * Loads the provider, connects to the KMS and makes record encryption of a configuration. Calls the KMS as far as the provider logs in.
 *
 * @throws ProviderError, KmsError, and CliError `CLI_CONFIG` for rules that are wrong.
 */
export async function openSession(
  { path, document }: LoadedConfig,
  onDecryptError: 'throw' | DecryptErrorHandler,
  logger: Logger,
): Promise<Session> {
  const provider = await loadProvider(document.kms.provider, path)
  const kms = sanitizedKms(
    await fromProvider(() => provider.create(document.kms.config, { baseDirectory: dirname(path), logger })),
  )
  const counter = countingKms(kms)
  try {
    const encryption = await createRecordEncryption({
      ...document.encryption,
      onDecryptError,
      kms: counter.kms,
      logger,
    })
    return {
      encryption,
      counter,
      close: async () => {
        await encryption.close()
        await kms.close()
      },
    }
  } catch (error) {
    await kms.close()
    throw error instanceof TypeError ? new CliError('CLI_CONFIG', `encryption: ${escapeText(error.message)}`) : error
  }
}
