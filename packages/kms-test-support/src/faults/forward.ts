import { request as requestPlain, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { request as requestSecure } from 'node:https'
import { buffer } from 'node:stream/consumers'

/** The answer of the KMS behind the proxy. */
export interface RightResponse {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: Uint8Array
}

// Of one connection only; and lengths are computed again.
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'proxy-connection',
  'upgrade',
  'te',
  'trailer',
])

/** Sends a request on, with its Host header unchanged, because signatures cover it. */
export async function forward(
  upstream: string,
  { method, url, headers }: IncomingMessage,
  body: Uint8Array,
): Promise<RightResponse> {
  const target = new URL(url ?? '/', upstream)
  const send = target.protocol === 'https:' ? requestSecure : requestPlain
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    // What stands behind is a test server on loopback, whose certificate nobody signed.
    send(
      target,
      { method, headers: { ...headers, connection: 'close' }, agent: false, rejectUnauthorized: false, path: url },
      resolve,
    )
      .once('error', reject)
      .end(body)
  })
  const received = await buffer(answer)
  const kept = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.has(name)))
  return { status: answer.statusCode ?? 502, headers: { ...kept, 'content-length': received.length }, body: received }
}
