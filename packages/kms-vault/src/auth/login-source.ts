import type { TokenGrant, TokenSource } from '@keyfold/kms-api/provider-kit'

import type { VaultTransport } from '../transport/vault-transport.ts'
import { readGrant, renewSelf } from './grant.ts'
import { loginFailure } from './login-failure.ts'
import type { PrepareLogin } from './login-methods.ts'

/** How long closing waits for the server to take a token back. */
const REVOKE_MS = 2_000

/**
 * Tokens of a login.
 *
 * @see {@link https://developer.hashicorp.com/vault/api-docs/auth | the API of the auth methods}
 */
export class LoginSource implements TokenSource {
  readonly #transport: VaultTransport
  readonly #prepare: PrepareLogin

  constructor(transport: VaultTransport, prepare: PrepareLogin) {
    this.#transport = transport
    this.#prepare = prepare
  }

  async obtain(signal: AbortSignal): Promise<TokenGrant> {
    const { path, body } = await this.#prepare(signal)
    try {
      return readGrant(await this.#transport.send({ method: 'POST', path, body, signal }))
    } catch (error) {
      throw loginFailure(error, signal, path)
    }
  }

  async renew(token: string, signal: AbortSignal): Promise<TokenGrant> {
    return await renewSelf(this.#transport, token, signal)
  }

  /** @see {@link https://developer.hashicorp.com/vault/api-docs/auth/token#revoke-a-token-self | revoke-self} */
  async revoke(token: string): Promise<void> {
    // A token that cannot be given back ends by itself.
    await this.#transport
      .send({ method: 'POST', path: 'auth/token/revoke-self', token, timeoutMs: REVOKE_MS })
      .catch(() => undefined)
  }
}
