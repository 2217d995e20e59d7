import { createSecret, type Secret, type SecretConfig } from '@keyfold/kms-api'

import { PROVIDER } from '../boundary.ts'
import type { VaultTransport } from '../transport/vault-transport.ts'
import type { AuthConfig } from './auth-schema.ts'
import { createSecretId } from './secret-id.ts'

/** Where Kubernetes puts the token of a service account. */
const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** The request that logs in. */
export interface Login {
  readonly path: string
  readonly body: Readonly<Record<string, string>>
}

/** Makes the request of a login; secrets are read anew each time. */
export type PrepareLogin = (signal: AbortSignal) => Promise<Login>

/** The auth methods that log in. */
export type LoginConfig = Exclude<AuthConfig, { readonly method: 'token' }>

/** Makes what prepares the logins of an auth method. */
export function prepareLogin(auth: LoginConfig, transport: VaultTransport, baseDirectory: string): PrepareLogin {
  const secret = (name: string, config: SecretConfig): Secret =>
    createSecret(config, { baseDirectory, path: `auth.${name}`, provider: PROVIDER })
  const mount = auth.mount ?? auth.method
  const path = `auth/${mount}/login`
  switch (auth.method) {
    case 'approle': {
      const roleId = secret('roleId', auth.roleId)
      const secretId =
        auth.secretId &&
        createSecretId(secret('secretId', auth.secretId), { transport, mount, wrapped: auth.wrapped ?? false })
      return async (signal) => ({
        path,
        body: { role_id: await roleId.reveal(), ...(secretId && { secret_id: await secretId(signal) }) },
      })
    }
    case 'kubernetes': {
      const jwt = secret('jwt', auth.jwt ?? { file: SERVICE_ACCOUNT_TOKEN })
      return async () => ({ path, body: { role: auth.role, jwt: await jwt.reveal() } })
    }
    case 'jwt': {
      const jwt = secret('jwt', auth.jwt)
      return async () => ({
        path,
        body: { ...(auth.role !== undefined && { role: auth.role }), jwt: await jwt.reveal() },
      })
    }
    case 'cert':
      return () => Promise.resolve({ path, body: auth.role === undefined ? {} : { name: auth.role } })
    case 'userpass': {
      const password = secret('password', auth.password)
      return async () => ({ path: `${path}/${auth.username}`, body: { password: await password.reveal() } })
    }
  }
}
