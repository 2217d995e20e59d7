import type { TokenGrant } from '@keyfold/kms-api/provider-kit'

import { property, type VaultResponse } from '../client/vault-answer.ts'
import { LoginFailure } from './login-failure.ts'

const MAX_TOKEN = 16_384

/** Reads the token of a login or a renewal. @throws LoginFailure when there is none. */
export function readGrant(answer: VaultResponse): TokenGrant {
  const auth = property(answer.body, 'auth')
  const token = property(auth, 'client_token')
  const lease = property(auth, 'lease_duration')
  if (answer.status !== 200 || !isToken(token) || !isLease(lease)) throw new LoginFailure({ answer })
  return { token, ttlMs: lease === 0 ? undefined : lease * 1_000, renewable: property(auth, 'renewable') === true }
}

/** Says whether `value` can be a token: what a header can hold, and no more. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TOKEN && /^[\x21-\x7e]+$/.test(value)
}

/** Says whether `value` is a time in seconds. */
export function isLease(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
