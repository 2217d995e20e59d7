import { systemClock } from '@keyfold/kms-api'
import { parseRetryAfter, type HttpClient } from '@keyfold/kms-api/provider-kit'

import { CALL, createNodeVault, type ReadWrite, type TransportOptions, type TransportResponse } from './node-vault.ts'
import type { VaultResponse } from './vault-answer.ts'

/** One request to the server. */
export interface VaultRequest {
  readonly method: 'GET' | 'POST'
  /** Below `/v1/`, made of checked parts only. */
  readonly path: string
  readonly body?: object | undefined
  readonly token?: string | undefined
  /** By default the configured one; `false`: none. */
  readonly namespace?: false | undefined
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number | undefined
}

/** Sends requests, and gives every answer that is one, whatever its status. */
export interface VaultTransport {
  /** @throws HttpFailure when there is no answer; the signal's reason when that is aborted. */
  send(request: VaultRequest): Promise<VaultResponse>
}

interface Call {
  readonly request: VaultRequest
  answer?: VaultResponse
  failure?: unknown
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Makes the transport: node-vault, with the HTTP client of the kit behind it. */
export async function createTransport(
  http: HttpClient,
  address: string,
  namespace: string | undefined,
): Promise<VaultTransport> {
  const base = `${address.replace(/\/+$/, '')}/v1`
  const client = await createNodeVault<Call>(async (options) => {
    const { request } = options[CALL]
    try {
      const answer = await exchange(http, base, request.namespace === false ? undefined : namespace, options)
      options[CALL].answer = answer
      return asNodeVault(answer, options.path)
    } catch (error) {
      // Kept aside: node-vault passes on what it is given, but need not.
      options[CALL].failure = error
      throw error
    }
  })
  return { send: (request) => send(client, request) }
}

/** Only the answer that the transport put aside counts: node-vault's own drops headers, and its errors quote bodies. */
async function send(client: ReadWrite, request: VaultRequest): Promise<VaultResponse> {
  const call: Call = { request }
  const options = { [CALL]: call }
  try {
    await (request.method === 'GET'
      ? client.read(request.path, options)
      : client.write(request.path, request.body ?? {}, options))
  } catch (error) {
    if (call.answer === undefined) throw call.failure ?? error
  }
  return call.answer as VaultResponse
}

async function exchange(
  http: HttpClient,
  base: string,
  namespace: string | undefined,
  options: TransportOptions<Call>,
): Promise<VaultResponse> {
  const { path, method, json } = options
  const { token, signal, timeoutMs } = options[CALL].request
  const answer = await http.request({
    method,
    url: new URL(base + path),
    headers: {
      accept: 'application/json',
      'x-vault-request': 'true',
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { 'x-vault-token': token }),
      ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
    ...(signal !== undefined && { signal }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  })
  const body = parsed(answer.body)
  answer.body.fill(0)
  return {
    status: answer.status,
    body,
    retryAfterMs: parseRetryAfter(answer.headers['retry-after'], systemClock.now()),
  }
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes)) as unknown
  } catch {
    return undefined
  }
}

function asNodeVault({ status, body }: VaultResponse, path: string): TransportResponse {
  return { statusCode: status, body, request: { path } }
}
