import { createSecret } from '@keyfold/kms-api'
import type { TokenSource } from '@keyfold/kms-api/provider-kit'

import type { VaultTransport } from '../client/vault-transport.ts'
import type { AuthConfig } from '../config/auth-schema.ts'
import { PROVIDER } from '../keys/kek-reference.ts'
import { GivenTokenSource } from './given-token-source.ts'
import { prepareLogin } from './login-methods.ts'
import { LoginSource } from './login-source.ts'

/** Makes the source of tokens for a configuration. Nothing is read or sent yet. */
export function createTokenSource(auth: AuthConfig, transport: VaultTransport, baseDirectory: string): TokenSource {
  if (auth.method !== 'token') return new LoginSource(transport, prepareLogin(auth, transport, baseDirectory))
  const secret = createSecret(auth.token, { baseDirectory, path: 'auth.token', provider: PROVIDER })
  return new GivenTokenSource(transport, secret, auth.renew ?? !('file' in auth.token))
}
