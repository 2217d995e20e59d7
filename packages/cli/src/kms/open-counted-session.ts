import { openSession, type LoadedConfig, type Session, type SessionOptions } from '@keyfold/config/tooling'

import { countingKms, type KmsCounter } from './counting-kms.ts'
import { OWN_FILE } from './load-provider.ts'

/** A session that counts the calls that reach the KMS. */
export interface CountedSession extends Session {
  readonly counter: KmsCounter
}

/**
 * Opens a session with the providers beside the configuration or this command, and counts the calls under its caches.
 *
 * @throws ProviderError, KmsError, ConfigError.
 */
export async function openCountedSession(
  config: LoadedConfig,
  options: Pick<SessionOptions, 'logger' | 'onDecryptError'>,
): Promise<CountedSession> {
  const counters: KmsCounter[] = []
  const session = await openSession(config, {
    ...options,
    beside: OWN_FILE,
    wrap: (kms) => {
      const counter = countingKms(kms)
      counters.push(counter)
      return counter.kms
    },
  })
  const [counter] = counters
  if (counter === undefined) throw new TypeError('the session did not wrap its KMS')
  return { ...session, counter }
}
