import { Buffer } from 'node:buffer'
import { Agent, request as requestPlain } from 'node:http'
import { request as requestSecure, Agent as SecureAgent } from 'node:https'

import {
  InvalidResponseError,
  isKmsError,
  KmsTimeoutError,
  KmsUnavailableError,
  type KmsErrorDetails,
} from '@keyfold/kms-api'
import { sanitizeCause } from '@keyfold/kms-api/provider-kit'

const MAX_BYTES = 65_536

/** An answer whose body was read, whatever its status. */
export interface HttpResponse {
  readonly status: number
  readonly retryAfterMs: number | undefined
  readonly text: string
}

/** How requests are sent. */
export interface Sender {
  readonly origin: string
  readonly token: string
  readonly timeoutMs: number
  readonly agent: Agent | SecureAgent
  /** Instead of the right way to exchange a request and an answer. */
  readonly exchange?: Exchange | undefined
}

/** Sends a body and receives an answer, until the signal ends it. */
export type Exchange = (sender: Sender, path: string, body: string, signal: AbortSignal) => Promise<HttpResponse>

/** Makes the connections of one client. */
export function agentFor(origin: string, ca: string | undefined): Agent | SecureAgent {
  return origin.startsWith('https:')
    ? new SecureAgent({ keepAlive: true, ...(ca === undefined ? {} : { ca }) })
    : new Agent({ keepAlive: true })
}

/** Sends one request. Follows no redirect, reads no more than 64 KiB, waits no longer than the deadline for all of it. */
export async function send(
  sender: Sender,
  path: string,
  body: object,
  signal: AbortSignal,
  details: KmsErrorDetails,
): Promise<HttpResponse> {
  const deadline = AbortSignal.timeout(sender.timeoutMs)
  try {
    return await (sender.exchange ?? exchange)(sender, path, JSON.stringify(body), AbortSignal.any([signal, deadline]))
  } catch (error) {
    signal.throwIfAborted()
    if (isKmsError(error)) throw error
    if (deadline.aborted) throw new KmsTimeoutError(sender.timeoutMs, details)
    if (error instanceof RangeError) throw new InvalidResponseError('an answer of at most 64 KiB', details)
    throw new KmsUnavailableError({ ...details, cause: sanitizeCause(error) })
  }
}

/** Exchanges a request and an answer as it should be done. */
export function exchange(
  { origin, token, agent }: Sender,
  path: string,
  body: string,
  signal: AbortSignal,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const start = origin.startsWith('https:') ? requestSecure : requestPlain
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    }
    const sent = start(new URL(path, origin), { method: 'POST', agent, headers, signal }, (answer) => {
      const parts: Buffer[] = []
      let length = 0
      answer.on('data', (part: Buffer) => {
        length += part.length
        if (length <= MAX_BYTES) parts.push(part)
        else if (answer.statusCode === 200) sent.destroy(new RangeError('too long'))
        else {
          // What failed has failed, whatever it goes on to say.
          resolve({ status: answer.statusCode ?? 0, retryAfterMs: undefined, text: '' })
          sent.destroy()
        }
      })
      answer.on('error', reject)
      answer.on('end', () => {
        if (!answer.complete) {
          reject(new Error('incomplete'))
          return
        }
        const seconds = Number(answer.headers['retry-after'])
        const retryAfterMs = Number.isInteger(seconds) && seconds >= 0 ? seconds * 1_000 : undefined
        resolve({ status: answer.statusCode ?? 0, retryAfterMs, text: Buffer.concat(parts).toString('utf8') })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
