import type { KeyClientOptions } from '@azure/keyvault-keys'

/** What the SDK sends its requests with. */
export type PipelineClient = NonNullable<KeyClientOptions['httpClient']>
/** A request of the SDK. */
export type PipelineRequest = Parameters<PipelineClient['sendRequest']>[0]
/** A response, as the SDK reads it. */
export type PipelineResponse = Awaited<ReturnType<PipelineClient['sendRequest']>>

/** Headers that belong to one connection, which the HTTP client sets itself. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'host',
  'transfer-encoding',
])

/** Returns the headers to send for a request of the SDK. */
export function headersToSend(request: PipelineRequest): Record<string, string> {
  const headers = Object.entries(request.headers.toJSON()).map(([name, value]) => [name.toLowerCase(), value] as const)
  return Object.fromEntries(headers.filter(([name]) => !OF_THE_CONNECTION.has(name)))
}

/** Returns the body of a request of the SDK, which sends text and bytes only. */
export function bodyToSend({ body }: PipelineRequest): string | Uint8Array | undefined {
  return typeof body === 'string' || body instanceof Uint8Array ? body : undefined
}

/** Creates a response for the SDK. */
export function responseOf(
  request: PipelineRequest,
  status: number,
  headers: Readonly<Record<string, string | undefined>>,
  bodyAsText: string,
): PipelineResponse {
  return { request, status, headers: headersOf(headers), bodyAsText }
}

function headersOf(given: Readonly<Record<string, string | undefined>>): PipelineResponse['headers'] {
  const values = new Map<string, string>()
  for (const [name, value] of Object.entries(given)) if (value !== undefined) values.set(name.toLowerCase(), value)
  return {
    get: (name) => values.get(name.toLowerCase()),
    has: (name) => values.has(name.toLowerCase()),
    set: (name, value) => {
      values.set(name.toLowerCase(), String(value))
    },
    delete: (name) => {
      values.delete(name.toLowerCase())
    },
    toJSON: () => Object.fromEntries(values),
    [Symbol.iterator]: () => values.entries(),
  }
}
