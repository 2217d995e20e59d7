import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'

import type { Edek, Kek } from '@keyfold/kms-api'
import type { ChildProvider, Interruption, KmsFacade, Rejection, Situation } from '@keyfold/kms-test-support'
import { interruptible } from '@keyfold/kms-test-support/faults'
import { closedPort, silentServer } from '@keyfold/servers/testing'

import { decodeEdek, encodeEdek } from '../../src/edek.ts'
import type { AuthConfig, VaultKmsConfig } from '../../src/index.ts'
import provider from '../../src/kms-provider.ts'
import { AuditLog } from './audit-log.ts'
import { VaultKekManager } from './kek-manager.ts'
import { rolePolicy } from './role-policy.ts'
import type { Root } from './root.ts'

/** A way to log in, set up at a server. */
export interface PreparedAuth {
  readonly auth: AuthConfig
  /** Secrets that may appear nowhere. */
  readonly canaries: readonly string[]
  end?(): Promise<void>
}

/** What tells one suite from another. */
export interface VaultSetting {
  readonly name: string
  readonly mount: string
  /** Starts the server, unless it runs. */
  readonly root: () => Promise<Root>
  /** Makes a principal that has a policy, and gives how it logs in. */
  readonly prepare: (root: Root, policy: string) => Promise<PreparedAuth>
  readonly tls?: () => VaultKmsConfig['tls']
  /** Counts requests; by default the audit log. */
  readonly count?: (root: Root) => Promise<{ readonly url: string; requests(): number; stop(): Promise<void> }>
  readonly end?: () => Promise<void>
}

/** Vault for the conformance suite, with tokens of least privilege. */
export class VaultFacade implements KmsFacade {
  readonly name: string
  readonly provider = provider
  readonly manifest: KmsFacade['manifest'] = {
    wrapping: 'authenticated',
    cannot: { disable: 'the Transit engine cannot disable a key' },
  }
  readonly kekManager: VaultKekManager
  readonly #setting: VaultSetting
  readonly #policy = `kf-${randomBytes(6).toString('hex')}`
  #root: Root | undefined
  #counter: { readonly url: string; requests(): number; stop(): Promise<void> } | undefined
  #prepared: PreparedAuth | undefined
  #dead: Situation[] = []

  constructor(setting: VaultSetting) {
    this.#setting = setting
    this.name = setting.name
    this.kekManager = new VaultKekManager(() => this.#started().root, setting.mount)
  }

  async start(): Promise<void> {
    const { mount, prepare, count = countByAudit } = this.#setting
    const root = (this.#root = await this.#setting.root())
    await root.mountTransit(mount)
    await root.writePolicy(this.#policy, rolePolicy({ mount, keys: ['*'], encryptionContext: true }))
    this.#prepared = await prepare(root, this.#policy)
    this.#counter = await count(root)
  }

  async stop(): Promise<void> {
    for (const situation of this.#dead) await situation.end()
    await this.#prepared?.end?.()
    await this.#counter?.stop()
    await this.#root?.try('DELETE', `sys/mounts/${this.#setting.mount}`)
    await this.#setting.end?.()
  }

  config(): VaultKmsConfig {
    const { counter, prepared } = this.#started()
    const tls = this.#setting.tls?.()
    return { address: counter.url, mount: this.#setting.mount, auth: prepared.auth, ...(tls !== undefined && { tls }) }
  }

  requests(): number {
    return this.#started().counter.requests()
  }

  canaries(): readonly string[] {
    const passphrase = this.#setting.tls?.()?.keyPassphrase
    const ofTls = passphrase !== undefined && 'value' in passphrase ? [passphrase.value] : []
    return [...(this.#prepared?.canaries ?? []), ...ofTls].filter((canary) => canary !== '')
  }

  async child(): Promise<ChildProvider> {
    const { name } = await this.kekManager.create(`kf-child-${randomBytes(4).toString('hex')}`)
    const module = new URL('../../src/kms-provider.ts', import.meta.url)
    return { module, config: this.config(), kekSelector: name, conditions: ['@keyfold/source'] }
  }

  async denied(): Promise<Situation> {
    const { root } = this.#started()
    const token = await root.createToken(['default'], { no_default_policy: false })
    return {
      config: { ...this.config(), auth: { method: 'token', token: { value: token } } },
      end: () => Promise.resolve(),
    }
  }

  rejected(): Promise<Rejection> {
    const token = `hvs.${randomBytes(24).toString('base64url')}`
    return Promise.resolve({
      config: { ...this.config(), auth: { method: 'token', token: { value: token } } },
      canaries: [token],
      // A token that exists already is no login, and Vault locks none: the provider looks an unknown one up after each 403.
      attempts: () => 0,
      end: () => Promise.resolve(),
    })
  }

  async unreachable(): Promise<Situation> {
    return { config: this.#elsewhere(await closedPort()), end: () => Promise.resolve() }
  }

  async interruptible(): Promise<Interruption> {
    return await interruptible(this.#started().counter.url, (address) => ({ ...this.config(), address }))
  }

  async silent(): Promise<Situation> {
    const server = await silentServer()
    return { config: this.#elsewhere(server.url), end: () => server.end() }
  }

  async revealDek(edek: Edek): Promise<Uint8Array> {
    const { keyName = '', ciphertext } = decodeEdek(edek) ?? {}
    const { data } = await this.#started().root.call('POST', `${this.#setting.mount}/decrypt/${keyName}`, {
      ciphertext,
    })
    return new Uint8Array(Buffer.from(String(data?.['plaintext']), 'base64'))
  }

  forgeEdek(kek: Kek): Promise<Edek> {
    const keyName = kek.id.slice(this.#setting.mount.length + 1)
    return Promise.resolve(
      encodeEdek({ bound: false, keyName, ciphertext: Buffer.from(`vault:v1:${randomBytes(60).toString('base64')}`) }),
    )
  }

  /** The same principal, at another address. */
  #elsewhere(url: string): VaultKmsConfig {
    const config = this.config()
    return { ...config, address: config.tls === undefined ? url : url.replace('http:', 'https:') }
  }

  #started() {
    if (this.#root === undefined || this.#counter === undefined || this.#prepared === undefined)
      throw new Error('the facade was not started')
    return { root: this.#root, counter: this.#counter, prepared: this.#prepared }
  }
}

async function countByAudit(root: Root) {
  const audit = await AuditLog.start(root)
  return { url: root.url, requests: () => audit.requests(), stop: () => audit.stop() }
}
