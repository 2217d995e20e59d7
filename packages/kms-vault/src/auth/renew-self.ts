import type { TokenGrant } from '@keyfold/kms-api/provider-kit'

import type { VaultTransport } from '../client/vault-transport.ts'
import { loginFailure } from './login-failure.ts'
import { readGrant } from './read-grant.ts'

/** Prolongs the life of a token. @throws LoginFailure when the server does not. */
export async function renewSelf(transport: VaultTransport, token: string, signal: AbortSignal): Promise<TokenGrant> {
  try {
    const grant = readGrant(await transport.send({ method: 'POST', path: 'auth/token/renew-self', token, signal }))
    return { ...grant, token }
  } catch (error) {
    throw loginFailure(error, signal)
  }
}
