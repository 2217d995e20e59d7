import { Buffer } from 'node:buffer'
import { request } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import { text } from 'node:stream/consumers'

import { AccessDeniedError, KmsUnavailableError, UnknownAliasError } from '@keyfold/kms-api'

import { httpProvider } from './kms-provider.ts'
import { exchange, type Exchange, type HttpResponse } from './send.ts'

/** An HTTP provider that is wrong in one way, and the row of the fault table that is meant to say so, by a part of its title. */
export interface FaultMutant {
  readonly name: string
  readonly row: string
  readonly provider: ReturnType<typeof httpProvider>
}

const DETAILS = { provider: 'http', operation: 'resolveKek' } as const

function exchanging(name: string, row: string, change: Exchange): FaultMutant {
  return { name, row, provider: httpProvider((sender) => ({ ...sender, exchange: change })) }
}

/** Responses with what `change` makes of a right answer, or throws it. */
function answering(name: string, row: string, change: (answer: HttpResponse) => HttpResponse): FaultMutant {
  return exchanging(name, row, async (...given) => change(await exchange(...given)))
}

const followed: Exchange = async ({ origin, token }, path, body, signal) => {
  const answer = await fetch(new URL(path, origin), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body,
    signal,
  })
  return { status: answer.status, retryAfterMs: undefined, text: await answer.text() }
}

/** Reads whatever comes, and takes a connection that ended for the end of the answer. */
const credulous: Exchange = ({ origin, token, agent }, path, body, signal) =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-length': Buffer.byteLength(body) }
    const sent = request(new URL(path, origin), { method: 'POST', agent, headers, signal }, (answer) => {
      let received = ''
      answer.setEncoding('utf8').on('data', (part: string) => {
        received += part
      })
      answer
        .on('error', () => undefined)
        .on('close', () => {
          resolve({ status: answer.statusCode ?? 0, retryAfterMs: undefined, text: received })
        })
    })
    sent.on('error', reject).end(body)
  })

/** A provider whose client fails for good once it has met such an error or response. */
function givingUp(
  isFatal: (error: unknown) => boolean,
  isFatalResponse: (response: HttpResponse) => boolean = () => false,
): ReturnType<typeof httpProvider> {
  return httpProvider((sender) => {
    let dead = false
    return {
      ...sender,
      exchange: async (...given) => {
        if (dead) throw new Error('given up')
        try {
          const response = await exchange(...given)
          dead ||= isFatalResponse(response)
          return response
        } catch (error) {
          dead ||= isFatal(error)
          throw error
        }
      },
    }
  })
}

export const faultMutants: readonly FaultMutant[] = [
  exchanging('follows redirects with its token', '307 to another origin', followed),
  {
    name: 'has no deadline',
    row: 'reads and never answers',
    provider: httpProvider((sender) => ({ ...sender, timeoutMs: sender.timeoutMs * 3 })),
  },
  exchanging(
    'begins its deadline anew with each byte',
    'a body that drips',
    (sender, path, body, signal) =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${sender.token}`, 'content-length': Buffer.byteLength(body) }
        const idle = setTimeout(() => sent.destroy(new Error('idle')), sender.timeoutMs * 4)
        const sent = request(
          new URL(path, sender.origin),
          { method: 'POST', agent: sender.agent, headers },
          (answer) => {
            text(answer).then((received) => {
              resolve({ status: answer.statusCode ?? 0, retryAfterMs: undefined, text: received })
            }, reject)
          },
        )
        sent
          .on('error', reject)
          .on('close', () => {
            clearTimeout(idle)
          })
          .end(body)
        signal.addEventListener('abort', () => undefined)
      }),
  ),
  exchanging('retries by itself', 'a reset before the headers', async (...given) => {
    for (let attempt = 1; attempt < 5; attempt++) {
      try {
        return await exchange(...given)
      } catch {
        continue
      }
    }
    return await exchange(...given)
  }),
  answering('quotes the answer in its message', '400 in words', (answer) => {
    if (answer.status === 200) return answer
    throw Object.assign(new KmsUnavailableError(DETAILS), { message: `the KMS said ${answer.text}` })
  }),
  answering('keeps the answer in a property', '502 with HTML', (answer) => {
    if (answer.status === 200) return answer
    throw Object.assign(new KmsUnavailableError(DETAILS), { response: { body: answer.text } })
  }),
  answering('says "unknown" for any 404', '404 with HTML', (answer) => {
    if (answer.status === 404) throw new UnknownAliasError('kek', DETAILS)
    return answer
  }),
  answering('says "denied" for 401', '401 in words', (answer) => {
    if (answer.status === 401) throw new AccessDeniedError(DETAILS)
    return answer
  }),
  answering('takes throttling for an outage', '429 in words', (answer) =>
    answer.status === 429 ? { ...answer, status: 503 } : answer,
  ),
  answering('takes an outage for a bad answer', '503 in words', (answer) =>
    answer.status === 503 ? { ...answer, status: 400 } : answer,
  ),
  answering('does not read Retry-After', '429 with Retry-After in seconds', (answer) => ({
    ...answer,
    retryAfterMs: undefined,
  })),
  answering('lets a SyntaxError out', '200 with HTML', (answer) => {
    JSON.parse(answer.text)
    return answer
  }),
  answering('takes every 2xx for success, and an empty body for an empty object', '204', (answer) =>
    answer.status === 204 ? { ...answer, status: 403 } : answer,
  ),
  exchanging('takes half of an answer for all of it', 'half a body under the right length', credulous),
  {
    name: 'trusts every certificate',
    row: 'a certificate that signed itself',
    provider: httpProvider((sender) =>
      sender.origin.startsWith('https:')
        ? { ...sender, agent: new SecureAgent({ keepAlive: true, rejectUnauthorized: false }) }
        : sender,
    ),
  },
  {
    name: 'does not compare the name in the certificate',
    row: 'a certificate for another host',
    provider: httpProvider((sender, { ca }) =>
      ca === undefined
        ? sender
        : { ...sender, agent: new SecureAgent({ keepAlive: true, ca, checkServerIdentity: () => undefined }) },
    ),
  },
  {
    name: 'does not trust the authority that it was given',
    row: 'a certificate of the authority that is trusted',
    provider: httpProvider((sender) =>
      sender.origin.startsWith('https:') ? { ...sender, agent: new SecureAgent({ keepAlive: true }) } : sender,
    ),
  },
  {
    name: 'gives up for good after a refused connection',
    row: 'a port that refuses connections, then passes them',
    provider: givingUp((error) => (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'),
  },
  {
    name: 'gives up for good after a reset',
    row: 'resets before the headers, then the right responses',
    provider: givingUp((error) => (error as NodeJS.ErrnoException).code === 'ECONNRESET'),
  },
  {
    name: 'gives up for good after silence',
    row: 'silence, then the right responses',
    provider: givingUp((error) => error instanceof Error && error.name === 'AbortError'),
  },
  {
    name: 'gives up for good after 503',
    row: '503, then the right responses',
    provider: givingUp(
      () => false,
      (response) => response.status === 503,
    ),
  },
  exchanging('leaves a rejection unhandled', 'a reset in the middle of the body', async (...given) => {
    const answer = exchange(...given)
    void answer.then(() => undefined)
    return await answer
  }),
]
