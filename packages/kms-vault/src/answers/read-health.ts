import type { KmsHealth } from '@keyfold/kms-api'

import { property, type VaultResponse } from '../client/vault-answer.ts'

/** Reads what `sys/health` says: by its body, because statuses can be configured, and a proxy may answer 200 for itself. */
export function readHealth({ status, body }: VaultResponse): KmsHealth {
  const [initialized, sealed] = [property(body, 'initialized'), property(body, 'sealed')]
  if (typeof initialized !== 'boolean' || typeof sealed !== 'boolean') {
    return status === 429
      ? { status: 'degraded', detail: 'rate limited' }
      : { status: 'down', detail: 'the answer is not one of Vault' }
  }
  if (!initialized) return { status: 'down', detail: 'not initialised' }
  if (sealed) return { status: 'down', detail: 'sealed' }
  if (status === 472) return { status: 'down', detail: 'disaster recovery secondary' }
  if (status === 474) return { status: 'down', detail: 'standby without an active node' }
  if (property(body, 'performance_standby') === true) return { status: 'ok', detail: 'performance standby' }
  return property(body, 'standby') === true ? { status: 'ok', detail: 'standby' } : { status: 'ok' }
}
