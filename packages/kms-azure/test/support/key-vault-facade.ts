import { constants, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'

import type { Edek, Kek, KmsContext } from '@keyfold/kms-api'
import type {
  ChildProvider,
  Interruption,
  KmsFacade,
  Rejection,
  Situation,
  TestKek,
  TestKekManager,
} from '@keyfold/kms-test-support'
import { interruptible } from '@keyfold/kms-test-support/faults'
import { KeyVaultServer, publicPart, type KeyOptions } from '@keyfold/servers/azure'
import { closedPort, silentServer } from '@keyfold/servers/testing'

import type { AzureKmsConfig } from '../../src/config-schema.ts'
import { decodeEdek, encodeEdek } from '../../src/edek.ts'
import provider from '../../src/kms-provider.ts'
import { revealWrapped } from './reveal-wrapped.ts'

/** What tells one suite from another. */
export interface VaultSetting {
  readonly name: string
  readonly kind: 'vault' | 'managedhsm'
  readonly key: KeyOptions
}

/** A Key Vault or Managed HSM for the conformance suite. */
export class KeyVaultFacade implements KmsFacade {
  readonly name: string
  readonly provider = provider
  readonly manifest: KmsFacade['manifest']
  readonly context: Partial<KmsContext>
  readonly kekManager: TestKekManager
  readonly server: KeyVaultServer
  readonly #key: KeyOptions

  constructor({ name, kind, key }: VaultSetting) {
    this.name = name
    this.#key = key
    this.server = new KeyVaultServer({ kind })
    this.manifest =
      key.type === 'oct-HSM'
        ? { wrapping: 'authenticated', cannot: {} }
        : { wrapping: 'public-key', cannot: { 'encryption-context': 'RSA-OAEP binds no context' } }
    this.context = { clients: { credential: credentialOf(this.server) } }
    this.kekManager = new KeyManager(this.server, key)
  }

  async start(): Promise<void> {
    await this.server.start()
    // There is a token to look for before the first client asks for one.
    this.server.identity.issue()
  }

  stop(): Promise<void> {
    return this.server.stop()
  }

  config(): AzureKmsConfig {
    return configOf(this.server, this.server.url)
  }

  requests(): number {
    return this.server.requests.length
  }

  canaries(): readonly string[] {
    const { clientSecret, assertion, tokens } = this.server.identity
    return [clientSecret, assertion, ...tokens]
  }

  async child(): Promise<ChildProvider> {
    const { name } = await this.kekManager.create(`kf-child-${randomBytes(4).toString('hex')}`)
    return {
      module: new URL('../../src/kms-provider.ts', import.meta.url),
      config: { ...this.config(), credentials: { method: 'managedIdentity' } },
      kekSelector: name,
      conditions: ['@keyfold/source'],
      env: { IDENTITY_ENDPOINT: `${this.server.url}/msi/token`, IDENTITY_HEADER: 'kf' },
    }
  }

  denied(): Promise<Situation> {
    const context = { clients: { credential: credentialOf(this.server, ['nothing']) } }
    return Promise.resolve({ config: this.config(), context, end: () => Promise.resolve() })
  }

  /** A credential of the application, which Entra ID rejects. It remembers that by itself, so the client may request a token for each call. */
  rejected(): Promise<Rejection> {
    const secret = `kf-wrong-${randomBytes(18).toString('base64url')}`
    const getToken = () => {
      const error = new Error(`AADSTS7000215: Invalid client secret provided: ${secret}`)
      return Promise.reject(Object.assign(error, { name: 'AuthenticationError', statusCode: 401 }))
    }
    return Promise.resolve({
      config: this.config(),
      context: { clients: { credential: { getToken } } },
      canaries: [secret],
      end: () => Promise.resolve(),
    })
  }

  interruptible(): Promise<Interruption> {
    return interruptible(this.server.url, (url) => configOf(this.server, url))
  }

  async unreachable(): Promise<Situation> {
    return { config: configOf(this.server, await closedPort()), end: () => Promise.resolve() }
  }

  async silent(): Promise<Situation> {
    const { url, end } = await silentServer()
    return { config: { ...configOf(this.server, url), timeouts: { requestMs: 500 } }, end }
  }

  revealDek(edek: Edek): Promise<Uint8Array> {
    return Promise.resolve(revealWrapped(this.server, edek))
  }

  /** From the public half, where there is one. */
  forgeEdek(kek: Kek, like: Edek): Promise<Edek> {
    const fields = decodeEdek(like)
    if (fields === undefined) throw new Error('an EDEK was expected')
    const { version } = this.server.keys.find(fields.keyName, fields.keyVersion)
    const key = publicPart(version)
    const dek = randomBytes(32)
    const wrapped =
      this.#key.type === 'oct-HSM'
        ? randomBytes(40)
        : publicEncrypt(
            {
              key: createPublicKey({ key: { kty: 'RSA', ...key }, format: 'jwk' }),
              padding: constants.RSA_PKCS1_OAEP_PADDING,
              oaepHash: 'sha256',
            },
            dek,
          )
    return Promise.resolve(encodeEdek({ ...fields, wrapped: new Uint8Array(wrapped) }))
  }
}

/** Returns the configuration of a test server, at an address. */
export function configOf(server: KeyVaultServer, vaultUrl: string): AzureKmsConfig {
  return {
    vaultUrl,
    vaultName: server.name,
    challengeResource: server.resource,
    timeouts: { requestMs: 30_000 },
  }
}

/** Creates a credential whose tokens the server accepts. */
export function credentialOf(server: KeyVaultServer, permissions?: readonly string[]) {
  return {
    getToken: () =>
      Promise.resolve({ token: server.identity.issue(permissions), expiresOnTimestamp: Date.now() + 3_600_000 }),
  }
}

/** Administers keys in the server's own store, so that the suite does not rest on the package's administration. */
class KeyManager implements TestKekManager {
  readonly #server: KeyVaultServer
  readonly #key: KeyOptions

  constructor(server: KeyVaultServer, key: KeyOptions) {
    this.#server = server
    this.#key = key
  }

  create(name: string): Promise<TestKek> {
    this.#server.keys.create(name, this.#key)
    const { url, azureUrl } = this.#server
    const selectors = [name, `kf/${name}`, `${azureUrl}/keys/${name}`, `${url}/keys/${name}`] as const
    return Promise.resolve({ name, selectors })
  }

  delete({ name }: TestKek): Promise<void> {
    this.#server.keys.delete(name)
    return Promise.resolve()
  }

  rotate({ name }: TestKek): Promise<void> {
    this.#server.keys.rotate(name)
    return Promise.resolve()
  }

  disable({ name }: TestKek): Promise<void> {
    for (const { attributes } of this.#server.keys.versions(name)) attributes.enabled = false
    return Promise.resolve()
  }

  enable({ name }: TestKek): Promise<void> {
    for (const { attributes } of this.#server.keys.versions(name)) attributes.enabled = true
    return Promise.resolve()
  }

  exists({ name }: TestKek): Promise<boolean> {
    try {
      this.#server.keys.find(name)
      return Promise.resolve(true)
    } catch {
      return Promise.resolve(false)
    }
  }
}
