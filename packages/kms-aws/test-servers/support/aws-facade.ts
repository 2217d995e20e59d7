import { DecryptCommand, KMSClient } from '@aws-sdk/client-kms'

import type { Edek } from '@keyfold/kms-api'
import type { Capability, Interruption, KmsFacade, Situation } from '@keyfold/kms-test-support'
import { interruptible } from '@keyfold/kms-test-support/faults'
import { closedPort, silentServer } from '@keyfold/servers/testing'

import type { AwsKmsConfig } from '../../src/config-schema.ts'
import { decodeEdek } from '../../src/edek.ts'
import provider from '../../src/kms-provider.ts'
import { startCountingProxy, type CountingProxy } from './counting-proxy.ts'
import { AwsKekManager } from './kek-manager.ts'

export const REGION = 'eu-central-1'
/** LocalStack and moto take any secret, so that it can be one that is looked for everywhere. */
export const SECRET_CANARY = 'kf-canary-secret-access-key-0123456789'

const TAKES_ANY = 'LocalStack takes any credentials, and moto checks those of every client or of none'

/** What tells one AWS KMS from another. */
export interface AwsServer {
  readonly name: string
  readonly url: string
  readonly account: string
  readonly cannot: Readonly<Partial<Record<Capability, string>>>
  /** Makes the server deny a principal, where it can. */
  readonly denied?: (facade: AwsFacade) => Promise<Situation>
}

/** AWS KMS for the conformance suite, with a proxy in front that counts. */
export class AwsFacade implements KmsFacade {
  readonly name: string
  readonly provider = provider
  readonly manifest: KmsFacade['manifest']
  readonly kekManager: AwsKekManager
  readonly denied?: () => Promise<Situation>
  readonly #server: AwsServer
  readonly #admin: KMSClient
  #proxy: CountingProxy | undefined

  constructor(server: AwsServer) {
    this.#server = server
    this.name = server.name
    this.manifest = { wrapping: 'authenticated', cannot: { reject: TAKES_ANY, ...server.cannot } }
    this.#admin = new KMSClient({
      region: REGION,
      endpoint: server.url,
      credentials: { accessKeyId: 'test', secretAccessKey: 'admin' },
    })
    this.kekManager = new AwsKekManager(this.#admin)
    const { denied } = server
    if (denied !== undefined) this.denied = () => denied(this)
  }

  async start(): Promise<void> {
    this.#proxy = await startCountingProxy(this.#server.url)
  }

  async stop(): Promise<void> {
    await this.#proxy?.stop()
    this.#admin.destroy()
  }

  config(): AwsKmsConfig {
    return this.configFor(this.#started().url)
  }

  configFor(endpoint: string): AwsKmsConfig {
    return {
      region: REGION,
      account: this.#server.account,
      endpoint,
      credentials: { method: 'static', accessKeyId: { value: 'test' }, secretAccessKey: { value: SECRET_CANARY } },
      timeouts: { requestMs: 30_000 },
    }
  }

  requests(): number {
    return this.#started().total()
  }

  canaries(): readonly string[] {
    return [SECRET_CANARY]
  }

  async child(): ReturnType<KmsFacade['child']> {
    const { selectors } = await this.kekManager.create(`kf-child-${process.pid}-${Date.now()}`)
    const module = new URL('../../src/kms-provider.ts', import.meta.url)
    return { module, config: this.config(), kekSelector: selectors[0], conditions: ['@keyfold/source'] }
  }

  async unreachable(): Promise<Situation> {
    return { config: this.configFor(await closedPort()), end: () => Promise.resolve() }
  }

  async interruptible(): Promise<Interruption> {
    return await interruptible(this.#started().url, (endpoint) => this.configFor(endpoint))
  }

  async silent(): Promise<Situation> {
    const server = await silentServer()
    return { config: { ...this.configFor(server.url), timeouts: { requestMs: 500 } }, end: () => server.end() }
  }

  async revealDek(edek: Edek): Promise<Uint8Array> {
    const { keyId, blob } = decodeEdek(edek) ?? { keyId: '', blob: new Uint8Array() }
    const { Plaintext } = await this.#admin.send(new DecryptCommand({ KeyId: keyId, CiphertextBlob: blob }))
    return Uint8Array.from(Plaintext ?? [])
  }

  #started(): CountingProxy {
    if (this.#proxy === undefined) throw new Error('start() expected before')
    return this.#proxy
  }
}
