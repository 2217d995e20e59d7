import type { Secret } from '@keyfold/kms-api'

import { property } from '../transport/vault-response.ts'
import type { VaultTransport } from '../transport/vault-transport.ts'
import { isToken } from './grant.ts'
import { LoginFailure, loginFailure } from './login-failure.ts'

/** What a secret id depends on. */
export interface SecretIdOptions {
  readonly transport: VaultTransport
  /** Of the AppRole method. */
  readonly mount: string
  readonly wrapped: boolean
}

/** Gives the secret id for a login. */
export type GetSecretId = (signal: AbortSignal) => Promise<string>

/**
 * Makes what gives the secret id. A wrapped one is unwrapped once, and kept for later logins; another wrapping token in the file is unwrapped in
 * its place.
 */
export function createSecretId(secret: Secret, { transport, mount, wrapped }: SecretIdOptions): GetSecretId {
  if (!wrapped) return () => secret.reveal()
  let unwrapped: { readonly from: string; readonly secretId: string } | undefined
  return async (signal) => {
    const from = await secret.reveal()
    if (unwrapped?.from !== from) unwrapped = { from, secretId: await unwrap(from, transport, mount, signal) }
    return unwrapped.secretId
  }
}

/**
 * Rejects a token that wraps something else than a secret id of the method: somebody may have unwrapped it before, and wrapped another.
 *
 * @see {@link https://developer.hashicorp.com/vault/api-docs/system/wrapping-lookup | /sys/wrapping/lookup} and
 * {@link https://developer.hashicorp.com/vault/api-docs/system/wrapping-unwrap | /sys/wrapping/unwrap}
 */
async function unwrap(token: string, transport: VaultTransport, mount: string, signal: AbortSignal): Promise<string> {
  try {
    const lookup = await transport.send({ method: 'POST', path: 'sys/wrapping/lookup', body: { token }, signal })
    const origin = property(property(lookup.body, 'data'), 'creation_path')
    if (lookup.status !== 200 || typeof origin !== 'string' || !isSecretIdPath(origin, mount))
      throw new LoginFailure({ response: lookup })
    const response = await transport.send({ method: 'POST', path: 'sys/wrapping/unwrap', token, signal })
    const secretId = property(property(response.body, 'data'), 'secret_id')
    if (response.status !== 200 || !isToken(secretId)) throw new LoginFailure({ response })
    return secretId
  } catch (error) {
    throw loginFailure(error, signal)
  }
}

function isSecretIdPath(path: string, mount: string): boolean {
  const prefix = `auth/${mount}/role/`
  return path.startsWith(prefix) && /^[^/]+\/(?:custom-)?secret-id$/.test(path.slice(prefix.length))
}
