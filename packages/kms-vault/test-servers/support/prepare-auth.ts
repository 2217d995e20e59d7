import { Buffer } from 'node:buffer'
import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import type { Root } from './root.ts'
import { startTokenReview } from './token-review.ts'
import type { PreparedAuth } from './vault-facade.ts'

const HOUR = '1h'
const newName = (): string => `kf-${randomBytes(6).toString('hex')}`

/** A token in the configuration. */
export async function prepareToken(root: Root, policy: string): Promise<PreparedAuth> {
  const token = await root.createToken([policy], { period: HOUR })
  return { auth: { method: 'token', token: { value: token } }, canaries: [token] }
}

/** A token in a file. */
export async function prepareTokenFile(root: Root, policy: string): Promise<PreparedAuth> {
  const { auth, canaries } = await prepareToken(root, policy)
  if (auth.method !== 'token' || !('value' in auth.token)) throw new Error('a token')
  const file = await secretFile(auth.token.value)
  return { auth: { method: 'token', token: { file: file.name } }, canaries, end: () => file.remove() }
}

/** AppRole with a secret id that may be used any number of times. */
export async function prepareAppRole(
  root: Root,
  policy: string,
  roleOptions: object = {},
): Promise<PreparedAuth & { readonly mount: string; readonly role: string }> {
  const [mount, role] = [newName(), newName()]
  await root.call('POST', `sys/auth/${mount}`, { type: 'approle' })
  await root.call('POST', `auth/${mount}/role/${role}`, {
    token_policies: [policy],
    token_no_default_policy: true,
    token_ttl: HOUR,
    ...roleOptions,
  })
  const roleId = String((await root.call('GET', `auth/${mount}/role/${role}/role-id`)).data?.['role_id'])
  const secretId = String((await root.call('POST', `auth/${mount}/role/${role}/secret-id`, {})).data?.['secret_id'])
  return {
    auth: { method: 'approle', mount, roleId: { value: roleId }, secretId: { value: secretId } },
    canaries: [secretId],
    mount,
    role,
  }
}

/** Userpass. */
export async function prepareUserpass(root: Root, policy: string): Promise<PreparedAuth> {
  const [mount, password] = [newName(), `kf-password-${randomBytes(9).toString('hex')}`]
  await root.call('POST', `sys/auth/${mount}`, { type: 'userpass' })
  await root.call('POST', `auth/${mount}/users/alice.smith`, {
    password,
    token_policies: [policy],
    token_no_default_policy: true,
  })
  return {
    auth: { method: 'userpass', mount, username: 'alice.smith', password: { value: password } },
    canaries: [password],
  }
}

/** A JWT that a static key verifies. */
export async function prepareJwt(root: Root, policy: string): Promise<PreparedAuth> {
  const [mount, { jwt, publicKey }] = [newName(), signJwt({ aud: 'vault', sub: 'ci' })]
  await root.call('POST', `sys/auth/${mount}`, { type: 'jwt' })
  await root.call('POST', `auth/${mount}/config`, { jwt_validation_pubkeys: [publicKey] })
  const role = {
    role_type: 'jwt',
    bound_audiences: ['vault'],
    user_claim: 'sub',
    token_policies: [policy],
    token_no_default_policy: true,
  }
  await root.call('POST', `auth/${mount}/role/ci`, role)
  const file = await secretFile(jwt)
  return {
    auth: { method: 'jwt', mount, role: 'ci', jwt: { file: file.name } },
    canaries: [jwt],
    end: () => file.remove(),
  }
}

/** A Kubernetes service account, whose token an endpoint on loopback reviews. */
export async function prepareKubernetes(root: Root, policy: string): Promise<PreparedAuth> {
  const mount = newName()
  const account = {
    namespace: 'orders',
    serviceaccount: { name: 'producer', uid: '3f1c2b7e-9f0a-4f4e-8a52-0b7c5d6e7f80' },
  }
  const claims = {
    iss: 'https://kubernetes.default.svc',
    aud: ['vault'],
    sub: 'system:serviceaccount:orders:producer',
    'kubernetes.io': account,
  }
  const { jwt } = signJwt(claims)
  const { jwt: reviewer } = signJwt({ ...claims, sub: 'system:serviceaccount:vault:reviewer' })
  const review = await startTokenReview(jwt)
  await root.call('POST', `sys/auth/${mount}`, { type: 'kubernetes' })
  const config = {
    kubernetes_host: review.url,
    token_reviewer_jwt: reviewer,
    disable_local_ca_jwt: true,
    kubernetes_ca_cert: review.anyCa,
  }
  await root.call('POST', `auth/${mount}/config`, config)
  const bound = {
    bound_service_account_names: ['producer'],
    bound_service_account_namespaces: ['orders'],
    audience: 'vault',
  }
  await root.call('POST', `auth/${mount}/role/producer`, {
    ...bound,
    token_policies: [policy],
    token_no_default_policy: true,
  })
  const file = await secretFile(jwt)
  const end = async (): Promise<void> => {
    await review.stop()
    await file.remove()
  }
  return { auth: { method: 'kubernetes', mount, role: 'producer', jwt: { file: file.name } }, canaries: [jwt], end }
}

/** The client certificate of the TLS connection. */
export async function prepareCert(root: Root, policy: string, clientCa: string): Promise<PreparedAuth> {
  const mount = newName()
  await root.call('POST', `sys/auth/${mount}`, { type: 'cert' })
  await root.call('POST', `auth/${mount}/certs/producers`, {
    certificate: clientCa,
    token_policies: [policy],
    token_no_default_policy: true,
  })
  return { auth: { method: 'cert', mount, role: 'producers' }, canaries: [] }
}

/** Writes a secret into a file of its own. */
export async function secretFile(text: string): Promise<{ readonly name: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'keyfold-secret-'))
  const name = path.join(folder, 'secret')
  await writeFile(name, `${text}\n`)
  return { name, remove: () => rm(folder, { recursive: true, force: true }) }
}

function signJwt(claims: object): { readonly jwt: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const now = Math.floor(Date.now() / 1_000)
  const text = [
    { alg: 'RS256', typ: 'JWT' },
    { iat: now, nbf: now - 5, exp: now + 3_600, ...claims },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const signature = createSign('RSA-SHA256').update(text).sign(privateKey).toString('base64url')
  return { jwt: `${text}.${signature}`, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}
