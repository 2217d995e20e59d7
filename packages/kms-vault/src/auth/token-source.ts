import { createSecret, KmsConfigError, type Secret } from '@keyfold/kms-api'
import type { TokenGrant, TokenSource } from '@keyfold/kms-api/provider-kit'

import { PROVIDER } from '../boundary.ts'
import { property } from '../transport/vault-response.ts'
import type { VaultTransport } from '../transport/vault-transport.ts'
import type { AuthConfig } from './auth-schema.ts'
import { isLease, isToken, renewSelf } from './grant.ts'
import { loginFailure } from './login-failure.ts'
import { prepareLogin } from './login-methods.ts'
import { LoginSource } from './login-source.ts'

/** How often a token is read again that somebody else renews. */
const READ_AGAIN_MS = 60_000

/** Creates the source of tokens for a configuration. Nothing is read or sent yet. */
export function createTokenSource(auth: AuthConfig, transport: VaultTransport, baseDirectory: string): TokenSource {
  if (auth.method !== 'token') return new LoginSource(transport, prepareLogin(auth, transport, baseDirectory))
  const secret = createSecret(auth.token, { baseDirectory, path: 'auth.token', provider: PROVIDER })
  return new GivenTokenSource(transport, secret, auth.renew ?? !('file' in auth.token))
}

/** A token that somebody gave. It is never revoked. */
class GivenTokenSource implements TokenSource {
  readonly #transport: VaultTransport
  readonly #secret: Secret
  readonly #renew: boolean
  #last: string | undefined

  constructor(transport: VaultTransport, secret: Secret, renew: boolean) {
    this.#transport = transport
    this.#secret = secret
    this.#renew = renew
  }

  async obtain(signal: AbortSignal): Promise<TokenGrant> {
    const token = await this.#read()
    // Nothing to renew: reading it again is all that can be done, and costs no request.
    if (!this.#renew) return { token, ttlMs: READ_AGAIN_MS, renewable: false }
    return { token, ...(await this.#lifeOf(token, signal)) }
  }

  async renew(token: string, signal: AbortSignal): Promise<TokenGrant> {
    return await renewSelf(this.#transport, token, signal)
  }

  /** A file that is just being replaced does not end a token that works. */
  async #read(): Promise<string> {
    const token = await this.#secret.reveal().catch((error: unknown) => {
      if (this.#last === undefined) throw error
      return this.#last
    })
    if (!isToken(token)) throw this.#malformed()
    this.#last = token
    return token
  }

  #malformed(): KmsConfigError {
    const problem = 'expected a token of visible ASCII characters on one line, got other text'
    return new KmsConfigError('auth.token', problem, { provider: PROVIDER, operation: 'create' })
  }

  /**
   * A token may lack the permission to ask about itself: then it is used for as long as it is accepted.
   *
   * @see {@link https://developer.hashicorp.com/vault/api-docs/auth/token#lookup-a-token-self | lookup-self}
   */
  async #lifeOf(token: string, signal: AbortSignal): Promise<Omit<TokenGrant, 'token'>> {
    try {
      const { status, body } = await this.#transport.send({
        method: 'GET',
        path: 'auth/token/lookup-self',
        token,
        signal,
      })
      const data = property(body, 'data')
      const ttl = property(data, 'ttl')
      if (status !== 200 || !isLease(ttl) || ttl === 0) return { renewable: false }
      return { ttlMs: ttl * 1_000, renewable: property(data, 'renewable') === true }
    } catch (error) {
      throw loginFailure(error, signal)
    }
  }
}
