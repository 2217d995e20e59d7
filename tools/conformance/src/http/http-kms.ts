import { Buffer } from 'node:buffer'

import {
  ContextUnsupportedError,
  createDek,
  encodeEncryptionContext,
  InvalidEdekError,
  InvalidResponseError,
  isKmsError,
  KekMismatchError,
  KmsClosedError,
  sameKek,
  UnknownAliasError,
  UnknownKeyError,
  type Dek,
  type DekPair,
  type Edek,
  type Kek,
  type Kms,
  type KmsCallOptions,
  type KmsHealth,
  type KmsOperation,
} from '@keyfold/kms-api'
import { assertEdek, assertKek, assertKekSelector, decodeBase64, parseUuid } from '@keyfold/kms-api/provider-kit'

import { kekIdOf } from './edek-layout.ts'
import { refusalOf } from './refusal.ts'
import { send, type HttpResponse, type Sender } from './send.ts'

const PROVIDER = 'http'
const SELECTOR = /^[0-9A-Za-z-]{1,80}$/
const details = (operation: KmsOperation) => ({ provider: PROVIDER, operation })
const reference = (id: string, version?: string): Kek =>
  Object.freeze({
    provider: PROVIDER,
    id,
    wrapping: 'authenticated' as const,
    ...(version === undefined ? {} : { version }),
  })

/** A client of {@link HttpKmsServer}, as a provider of a KMS with a REST interface would be. */
export class HttpKms implements Kms {
  readonly #sender: Sender
  readonly #closing = new AbortController()

  constructor(sender: Sender) {
    this.#sender = sender
  }

  async resolveKek(kekSelector: string, { signal }: KmsCallOptions = {}): Promise<Kek> {
    this.#begin('resolveKek', signal)
    assertKekSelector(kekSelector)
    if (!SELECTOR.test(kekSelector)) throw new UnknownAliasError(kekSelector, details('resolveKek'))
    const answer = await this.#call('resolveKek', '/resolve', { kek: kekSelector }, signal)
    if (isRejection(answer, 404, 'no-such-key')) throw new UnknownAliasError(kekSelector, details('resolveKek'))
    const { id, version } = this.#success(answer, 'resolveKek')
    if (typeof id !== 'string' || parseUuid(id) === undefined || !Number.isInteger(version))
      throw new InvalidResponseError('an id and a version', details('resolveKek'))
    return reference(id, String(version))
  }

  async generateDekPair(kek: Kek, { encryptionContext, signal }: KmsCallOptions = {}): Promise<DekPair> {
    this.#begin('generateDekPair', signal)
    assertKek(kek)
    if (encodeEncryptionContext(encryptionContext) !== undefined)
      throw new ContextUnsupportedError(details('generateDekPair'))
    const named = this.#own(kek, 'generateDekPair')
    const answer = await this.#call('generateDekPair', '/generate', { kek: named.id }, signal)
    const fields = this.#success(answer, 'generateDekPair', named)
    const edek = typeof fields['edek'] === 'string' ? decodeBase64(fields['edek']) : undefined
    if (edek === undefined || kekIdOf(edek) !== named.id)
      throw new InvalidResponseError('an EDEK of the KEK', details('generateDekPair'))
    return { dek: this.#dek(fields, 'generateDekPair', 'generated'), edek }
  }

  async decryptEdek(kek: Kek, edek: Edek, { encryptionContext, signal }: KmsCallOptions = {}): Promise<Dek> {
    this.#begin('decryptEdek', signal)
    assertKek(kek)
    assertEdek(edek)
    if (encodeEncryptionContext(encryptionContext) !== undefined)
      throw new ContextUnsupportedError(details('decryptEdek'))
    const id = kekIdOf(edek)
    if (id === undefined) throw new InvalidEdekError(details('decryptEdek'))
    const named = reference(id)
    if (!sameKek(named, kek)) throw new KekMismatchError(details('decryptEdek'))
    const answer = await this.#call(
      'decryptEdek',
      '/decrypt',
      { kek: id, edek: Buffer.from(edek).toString('base64') },
      signal,
    )
    return this.#dek(this.#success(answer, 'decryptEdek', named), 'decryptEdek', 'unwrapped')
  }

  kekOf(edek: Edek): Kek {
    this.#checkOpen('kekOf')
    assertEdek(edek)
    const id = kekIdOf(edek)
    if (id === undefined) throw new InvalidEdekError(details('kekOf'))
    return reference(id)
  }

  async health(): Promise<KmsHealth> {
    this.#begin('health')
    try {
      this.#success(await this.#call('health', '/health', {}), 'health')
      return { status: 'ok' }
    } catch (error) {
      if (isKmsError(error, 'KMS_CLOSED')) throw error
      return { status: 'down' }
    }
  }

  close(): Promise<void> {
    this.#closing.abort()
    this.#sender.agent.destroy()
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #begin(operation: KmsOperation, signal?: AbortSignal): void {
    this.#checkOpen(operation)
    signal?.throwIfAborted()
  }

  #checkOpen(operation: KmsOperation): void {
    if (this.#closing.signal.aborted) throw new KmsClosedError(details(operation))
  }

  #own(kek: Kek, operation: KmsOperation): Kek {
    if (kek.provider !== PROVIDER || parseUuid(kek.id) === undefined)
      throw new UnknownKeyError({ ...details(operation), kek: { ...kek } })
    return reference(kek.id)
  }

  async #call(operation: KmsOperation, path: string, body: object, signal?: AbortSignal): Promise<HttpResponse> {
    const closing = this.#closing.signal
    try {
      return await send(
        this.#sender,
        path,
        body,
        signal === undefined ? closing : AbortSignal.any([closing, signal]),
        details(operation),
      )
    } catch (error) {
      signal?.throwIfAborted()
      this.#checkOpen(operation)
      throw error
    }
  }

  #success(answer: HttpResponse, operation: KmsOperation, kek?: Kek): Readonly<Record<string, unknown>> {
    if (answer.status !== 200) throw refusalOf(answer, { ...details(operation), kek })
    const fields = parsed(answer.text)
    if (fields === undefined) throw new InvalidResponseError('a JSON object', details(operation))
    if (operation === 'health' ? fields['status'] !== 'ok' : kek !== undefined && fields['id'] !== kek.id)
      throw new InvalidResponseError('the KEK that was asked for', details(operation))
    return fields
  }

  #dek(fields: Readonly<Record<string, unknown>>, operation: KmsOperation, origin: Dek['origin']): Dek {
    const bytes = typeof fields['dek'] === 'string' ? decodeBase64(fields['dek']) : undefined
    if (bytes?.length !== 32) throw new InvalidResponseError('a DEK of 32 bytes', details(operation))
    return createDek(bytes, origin)
  }
}

function isRejection({ status, text }: HttpResponse, expected: number, code: string): boolean {
  return status === expected && parsed(text)?.['code'] === code
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
