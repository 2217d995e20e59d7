import type { HttpHandler } from '../transport/http.ts'
import type { AcceptEndpoint, RequestTrace, Transport } from '../transport/transport.ts'

/** Credentials as the SDK takes them. */
export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/** One attempt to obtain credentials: what ends it, and what is known of its last request. */
export interface Attempt {
  readonly signal: AbortSignal
  readonly trace: RequestTrace
}

/** Obtains credentials anew. */
export type Source = (attempt: Attempt) => Promise<Credentials>

/** What the credential sources share. */
export interface SourceContext {
  readonly transport: Transport
  readonly baseDirectory: string
  /** Of STS. */
  readonly region: string
  readonly stsEndpoint?: string | undefined
  /** Permits any endpoint for requests that carry no bearer token. */
  readonly allowInsecure: boolean
  /** For one request of a source. */
  readonly timeoutMs: number
}

/** Creates the handler for the requests of one attempt. */
export function handlerOf(context: SourceContext, { signal, trace }: Attempt, accept: AcceptEndpoint): HttpHandler {
  return context.transport.sourceHandler(context.timeoutMs, accept, trace, signal)
}
