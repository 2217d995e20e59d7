import { systemClock } from '@keyfold/kms-api'
import { parseJsonWithKey, parseRetryAfter, type HttpClient } from '@keyfold/kms-api/provider-kit'

import { withoutFinalSlash } from '../names.ts'
import { createCarrier } from './node-vault.ts'
import type { VaultResponse } from './vault-response.ts'

/** One request to the server. */
export interface VaultRequest {
  readonly method: 'GET' | 'POST'
  /** Below `/v1/`, made of checked parts only. */
  readonly path: string
  /** An object, or JSON in bytes, which the caller zeroes. */
  readonly body?: object | Uint8Array | undefined
  /** The members of a successful response that lead to a key: then the key is cut out of it before it is parsed. */
  readonly keyAt?: readonly string[] | undefined
  readonly token?: string | undefined
  /** By default the configured one; `false`: none. */
  readonly namespace?: false | undefined
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number | undefined
}

/** Sends requests, and returns every response, whatever its status. */
export interface VaultTransport {
  /** @throws HttpFailure if there is no response; the signal's reason if that is aborted. */
  send(request: VaultRequest): Promise<VaultResponse>
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Creates the transport: node-vault, with the HTTP client of the kit behind it. */
export async function createTransport(
  http: HttpClient,
  address: string,
  namespace: string | undefined,
): Promise<VaultTransport> {
  const base = `${address.replace(/\/+$/, '')}/v1`
  const configured = namespace === undefined ? undefined : withoutFinalSlash(namespace)
  const carry = await createCarrier()
  return {
    send: (request) =>
      carry(request.method, request.path, async (method, path) => {
        const { token, signal, timeoutMs, keyAt } = request
        const body = method === 'GET' ? undefined : bytesOf(request.body ?? {})
        const sentTo = request.namespace === false ? undefined : configured
        const response = await http.request({
          method,
          url: new URL(base + path),
          headers: {
            accept: 'application/json',
            'x-vault-request': 'true',
            ...(body !== undefined && { 'content-type': 'application/json' }),
            ...(token !== undefined && { 'x-vault-token': token }),
            ...(sentTo !== undefined && { 'x-vault-namespace': sentTo }),
          },
          ...(body !== undefined && { body }),
          ...(signal !== undefined && { signal }),
          ...(timeoutMs !== undefined && { timeoutMs }),
          secretResponse: keyAt !== undefined,
        })
        const retryAfterMs = parseRetryAfter(response.headers['retry-after'], systemClock.now())
        return { status: response.status, retryAfterMs, ...parsed(response.body, response.status, keyAt) }
      }),
  }
}

function bytesOf(body: object | Uint8Array): Uint8Array | string {
  return body instanceof Uint8Array ? body : JSON.stringify(body)
}

/** Parses the body, which is zeroed. */
function parsed(
  bytes: Uint8Array,
  status: number,
  keyAt: readonly string[] | undefined,
): Pick<VaultResponse, 'body' | 'key'> {
  try {
    if (status !== 200 || keyAt === undefined) return { body: JSON.parse(utf8.decode(bytes)) as unknown }
    const found = parseJsonWithKey(bytes, keyAt)
    return { body: found?.json, key: found?.key }
  } catch {
    return { body: undefined }
  } finally {
    bytes.fill(0)
  }
}
