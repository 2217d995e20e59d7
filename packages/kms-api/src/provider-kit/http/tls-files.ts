import type { Buffer } from 'node:buffer'
import { X509Certificate } from 'node:crypto'
import type { Stats } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createSecureContext, type SecureContext } from 'node:tls'

import type { buildConnector } from 'undici'

import { KmsConfigError } from '../../errors/kms-errors.ts'
import { sanitizeCause } from '../../errors/sanitize-cause.ts'
import { createSecret, type SecretOptions } from '../../secret/secret.ts'
import { CLEANSE_PLAINTEXT } from './cleanse-plaintext.ts'
import type { TlsConfig } from './tls-schema.ts'

type Connector = buildConnector.connector
interface ConnectorSettings {
  readonly secureContext: SecureContext
  readonly servername?: string
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
}

type MakeConnector = (settings: ConnectorSettings) => Connector

const FILES = ['caFile', 'certFile', 'keyFile'] as const

/** Certificates and keys in files. They are read again before a connection when they have changed: renewed ones are used without a restart. */
export interface TlsFiles {
  /** For the HTTP client: returns a function that gives a connector of what the files hold then. Internal. */
  connectors(make: MakeConnector): () => Promise<Connector>
}

/**
 * Reads the files of TLS settings.
 *
 * @throws `KMS_CONFIG` when a file cannot be read, is no PEM, or key, certificate and passphrase do not fit.
 */
export async function loadTlsFiles(config: TlsConfig, options: SecretOptions): Promise<TlsFiles> {
  const files = new WatchedTlsFiles(config, options)
  await files.load()
  return files
}

interface Loaded {
  readonly stamp: string
  readonly context: SecureContext
}

class WatchedTlsFiles implements TlsFiles {
  readonly #config: TlsConfig
  readonly #options: SecretOptions
  #loaded: Loaded | undefined

  constructor(config: TlsConfig, options: SecretOptions) {
    this.#config = config
    this.#options = options
  }

  async load(): Promise<void> {
    const stamp = await this.#stamp()
    const { minVersion = 'TLSv1.2', keyPassphrase } = this.#config
    const [ca, cert, key] = [await this.#read('caFile'), await this.#read('certFile'), await this.#read('keyFile')]
    if (ca !== undefined) this.#checkAuthorities(ca)
    const secret = { ...this.#options, path: `${this.#options.path}.keyPassphrase` }
    const passphrase = keyPassphrase && (await createSecret(keyPassphrase, secret).reveal())
    const given = {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(passphrase !== undefined && { passphrase }),
    }
    try {
      this.#loaded = { stamp, context: this.#contextOf({ ...given, minVersion, secureOptions: CLEANSE_PLAINTEXT }) }
    } finally {
      key?.fill(0)
    }
  }

  connectors(make: MakeConnector): () => Promise<Connector> {
    const { serverName, minVersion = 'TLSv1.2' } = this.#config
    let made: { readonly context: SecureContext; readonly connector: Connector } | undefined
    return async () => {
      const secureContext = await this.#current()
      if (made?.context !== secureContext) {
        const named = serverName === undefined ? {} : { servername: serverName }
        made = { context: secureContext, connector: make({ secureContext, minVersion, ...named }) }
      }
      return made.connector
    }
  }

  /** While files are being replaced, what was read before is used. */
  async #current(): Promise<SecureContext> {
    try {
      if (this.#loaded?.stamp !== (await this.#stamp())) await this.load()
    } catch (error) {
      if (this.#loaded === undefined) throw error
    }
    return (this.#loaded as Loaded).context
  }

  async #stamp(): Promise<string> {
    const stats = await Promise.all(FILES.map((name) => this.#stat(name)))
    return JSON.stringify(stats.map((each) => (each === undefined ? null : [each.mtimeMs, each.size, each.ino])))
  }

  async #stat(name: (typeof FILES)[number]): Promise<Stats | undefined> {
    return await this.#ofFile(name, (file) => stat(file))
  }

  async #read(name: (typeof FILES)[number]): Promise<Buffer | undefined> {
    return await this.#ofFile(name, (file) => readFile(file))
  }

  async #ofFile<T>(name: (typeof FILES)[number], ask: (file: string) => Promise<T>): Promise<T | undefined> {
    const file = this.#config[name]
    if (file === undefined) return undefined
    try {
      return await ask(resolve(this.#options.baseDirectory, file))
    } catch (error) {
      throw this.#unreadable(name, error)
    }
  }

  #unreadable(name: string, error: unknown): KmsConfigError {
    const code = (error as NodeJS.ErrnoException).code ?? 'an error'
    return this.#problem(name, `expected a file that can be read, got ${code}`, error)
  }

  /** OpenSSL accepts a file without any certificate, and then trusts no server. */
  #checkAuthorities(pem: Buffer): void {
    try {
      new X509Certificate(pem)
    } catch (error) {
      throw this.#problem('caFile', 'expected a PEM file of certificates, got another one', error)
    }
  }

  #contextOf(given: Parameters<typeof createSecureContext>[0] & object): SecureContext {
    try {
      return createSecureContext(given)
    } catch (error) {
      const problem =
        'expected PEM files that fit: authorities, a certificate with its chain, the private key of it, and the passphrase of that'
      throw this.#problem('', `${problem}, got ${opensslCode(error)}`, error)
    }
  }

  #problem(name: string, text: string, cause: unknown): KmsConfigError {
    const { path, provider } = this.#options
    return new KmsConfigError(name === '' ? path : `${path}.${name}`, text, {
      provider,
      operation: 'create',
      cause: sanitizeCause(cause),
    })
  }
}

function opensslCode(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? code : 'others'
}
