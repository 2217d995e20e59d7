import { isSafeEndpoint } from '../transport/endpoint.ts'
import { originOf, type HttpRequest, type HttpResponse } from '../transport/http.ts'
import { InsecureEndpoint } from '../transport/insecure-endpoint.ts'
import { readResponse } from '../transport/read-response.ts'

/** The part of the SDK's middleware stack that is used here. */
interface Guardable {
  readonly middlewareStack: {
    add(
      middleware: (next: Handler) => Handler,
      options: { readonly step: 'deserialize'; readonly priority: 'low'; readonly name: string },
    ): void
  }
}

type Handler = (args: { readonly request: unknown }) => Promise<{ readonly response: unknown }>

/** What a guard watches over, and reports. */
export interface GuardOptions {
  readonly allowInsecure: boolean
  /** Ends reading the response. */
  readonly signal: AbortSignal
  /** Receives the origin that the request goes to. */
  readonly onRequest: (endpoint: string) => void
  /** Receives the bytes of the response, to zero them later. */
  readonly onResponse: (bytes: Uint8Array) => void
}

/**
 * Stands between one request and the network: rejects an insecure endpoint, wherever it was configured, and reads the response with a bound.
 *
 * @param command - a command of the SDK; changed.
 */
export function guardCommand(command: object, options: GuardOptions): void {
  // Commands have types of their own for each operation; their stacks are alike.
  const { middlewareStack } = command as Guardable
  const guard =
    (next: Handler): Handler =>
    async (args) => {
      const request = args.request as HttpRequest
      const endpoint = originOf(request)
      options.onRequest(endpoint)
      if (!options.allowInsecure && !isSafeEndpoint(request.protocol, request.hostname))
        throw new InsecureEndpoint(endpoint)
      const output = await next(args)
      options.onResponse(await readResponse(output.response as HttpResponse, options.signal))
      return output
    }
  middlewareStack.add(guard, { step: 'deserialize', priority: 'low', name: 'keyfoldGuard' })
}
