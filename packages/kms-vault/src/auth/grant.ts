import type { TokenGrant } from '@keyfold/kms-api/provider-kit'

import { property, type VaultResponse } from '../transport/vault-response.ts'
import type { VaultTransport } from '../transport/vault-transport.ts'
import { LoginFailure, loginFailure } from './login-failure.ts'

const MAX_TOKEN = 16_384

/** Reads the token of a login or a renewal. @throws LoginFailure if there is none. */
export function readGrant(response: VaultResponse): TokenGrant {
  const auth = property(response.body, 'auth')
  const token = property(auth, 'client_token')
  const lease = property(auth, 'lease_duration')
  if (response.status !== 200 || !isToken(token) || !isLease(lease)) throw new LoginFailure({ response })
  return { token, ttlMs: lease === 0 ? undefined : lease * 1_000, renewable: property(auth, 'renewable') === true }
}

/**
 * Prolongs the life of a token.
 *
 * @throws LoginFailure if the server does not.
 * @see {@link https://developer.hashicorp.com/vault/api-docs/auth/token#renew-a-token-self | renew-self}
 */
export async function renewSelf(transport: VaultTransport, token: string, signal: AbortSignal): Promise<TokenGrant> {
  try {
    const grant = readGrant(await transport.send({ method: 'POST', path: 'auth/token/renew-self', token, signal }))
    return { ...grant, token }
  } catch (error) {
    throw loginFailure(error, signal)
  }
}

/** Says whether `value` can be a token: what a header can hold, and no more. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TOKEN && /^[\x21-\x7e]+$/.test(value)
}

/** Says whether `value` is a time in seconds. */
export function isLease(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
