import { Buffer } from 'node:buffer'

import {
  InvalidResponseError,
  UnknownAliasError,
  type Edek,
  type Kek,
  type KmsErrorDetails,
  type KmsHealth,
} from '@keyfold/kms-api'
import {
  decodeBase64,
  parseUuid,
  type BoundContext,
  type DecodedEdek,
  type GeneratedDek,
  type ProviderCall,
  type ProviderOperations,
} from '@keyfold/kms-api/provider-kit'

import { kekIdOf, kekReference, PROVIDER } from './edek.ts'
import { refusalOf } from './refusal.ts'
import { send, type HttpResponse, type Sender } from './send.ts'

const SELECTOR = /^[0-9A-Za-z-]{1,80}$/

type Fields = Readonly<Record<string, unknown>>

/** The operations of a client of `HttpKmsServer`, as a provider of a KMS with a REST interface would have them. */
export class HttpOperations implements ProviderOperations<Edek> {
  readonly provider = PROVIDER
  /** The interface has no field for a context. */
  readonly bindsContext = false
  readonly #sender: Sender

  constructor(sender: Sender) {
    this.#sender = sender
  }

  accept({ id }: Kek): Kek | undefined {
    return parseUuid(id) === undefined ? undefined : kekReference(id)
  }

  decode(edek: Edek): DecodedEdek<Edek> | undefined {
    const id = kekIdOf(edek)
    return id === undefined ? undefined : { kek: kekReference(id), bound: false, fields: edek }
  }

  async resolve(kekSelector: string, _context: BoundContext | undefined, call: ProviderCall): Promise<Kek> {
    const details = { ...detailsOf(call), kekSelector }
    if (!SELECTOR.test(kekSelector)) throw new UnknownAliasError(kekSelector, details)
    const response = await send(this.#sender, '/resolve', { kek: kekSelector }, call.signal, details)
    if (isRejection(response, 404, 'no-such-key')) throw new UnknownAliasError(kekSelector, details)
    const { id, version } = success(response, details)
    if (typeof id !== 'string' || parseUuid(id) === undefined || !Number.isInteger(version))
      throw new InvalidResponseError('an id and a version', details)
    return kekReference(id, String(version))
  }

  async generate(kek: Kek, _context: BoundContext | undefined, call: ProviderCall): Promise<GeneratedDek> {
    const details = { ...detailsOf(call), kek }
    const fields = success(await send(this.#sender, '/generate', { kek: kek.id }, call.signal, details), details)
    const edek = decoded(fields, 'edek', details)
    return { bytes: decoded(fields, 'dek', details), edek }
  }

  async unwrap(edek: Edek, kek: Kek, _context: BoundContext | undefined, call: ProviderCall): Promise<Uint8Array> {
    const details = { ...detailsOf(call), kek }
    const body = { kek: kek.id, edek: Buffer.from(edek).toString('base64') }
    return decoded(success(await send(this.#sender, '/decrypt', body, call.signal, details), details), 'dek', details)
  }

  async ping(call: ProviderCall): Promise<KmsHealth> {
    const details = detailsOf(call)
    const { status } = success(await send(this.#sender, '/health', {}, call.signal, details), details)
    if (status !== 'ok') throw new InvalidResponseError('the status "ok"', details)
    return { status: 'ok' }
  }

  async close(): Promise<void> {
    this.#sender.agent.destroy()
    return Promise.resolve()
  }
}

function detailsOf({ operation }: ProviderCall): KmsErrorDetails {
  return { provider: PROVIDER, operation }
}

/** The fields of a response that is a success, and about the KEK of the request. */
function success(response: HttpResponse, details: KmsErrorDetails): Fields {
  if (response.status !== 200) throw refusalOf(response, details)
  const fields = parsed(response.text)
  if (fields === undefined) throw new InvalidResponseError('a JSON object', details)
  if (details.kek !== undefined && fields['id'] !== details.kek.id)
    throw new InvalidResponseError('the KEK of the request', details)
  return fields
}

function decoded(fields: Fields, name: string, details: KmsErrorDetails): Uint8Array {
  const value = fields[name]
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined
  if (bytes === undefined) throw new InvalidResponseError(`base64 in "${name}"`, details)
  // The KMS makes DEKs itself: another length is its own fault, and no fault of the EDEK.
  if (name === 'dek' && bytes.length !== 32) throw new InvalidResponseError('a DEK of 32 bytes', details)
  return bytes
}

function isRejection({ status, text }: HttpResponse, expected: number, code: string): boolean {
  return status === expected && parsed(text)?.['code'] === code
}

function parsed(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
  } catch {
    return undefined
  }
}
