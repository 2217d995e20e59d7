import { Buffer } from 'node:buffer'

import type { HttpHandler, HttpRequest } from '../transport/http.ts'
import { cleanSecret } from './check-credentials.ts'
import { parseObject } from './parse-object.ts'
import { SourceFailure, type SourceFailureFacts } from './source-failure.ts'
import type { Credentials } from './source.ts'

/** The text of a metadata service's response, where it is a success. */
export interface MetadataRequest {
  readonly url: URL
  readonly method?: 'GET' | 'PUT' | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * Sends a request to a metadata service and returns the text of its response.
 *
 * @throws SourceFailure `unavailable` for 429 and 5xx, `rejected` for another status that is no success.
 */
export async function requestMetadata(handler: HttpHandler, request: MetadataRequest): Promise<string> {
  const { url, method = 'GET', headers = {} } = request
  const { response } = await handler.handle({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port !== '' && { port: Number(url.port) }),
    path: url.pathname + url.search,
    headers: { ...headers, host: url.host },
  } as HttpRequest)
  const { statusCode: status } = response
  const bytes = response.body as Uint8Array
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  bytes.fill(0)
  if (status >= 200 && status < 300) return text
  const facts: SourceFailureFacts = { endpoint: url.origin, status, reason: `HTTP_${status}` }
  throw new SourceFailure(status === 429 || status >= 500 ? 'unavailable' : 'rejected', facts)
}

/**
 * Parses the credentials that a metadata service returned.
 *
 * @throws SourceFailure `invalid` for anything else.
 */
export function parseCredentials(text: string, endpoint: string): Credentials {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = parseObject(text)
  const expiration = typeof Expiration === 'string' ? new Date(Expiration) : undefined
  if (
    typeof AccessKeyId !== 'string' ||
    typeof SecretAccessKey !== 'string' ||
    typeof Token !== 'string' ||
    expiration === undefined ||
    Number.isNaN(expiration.getTime())
  )
    throw new SourceFailure('invalid', { endpoint })
  return {
    accessKeyId: cleanSecret(AccessKeyId, 'credentials'),
    secretAccessKey: cleanSecret(SecretAccessKey, 'credentials'),
    sessionToken: cleanSecret(Token, 'credentials'),
    expiration,
  }
}
