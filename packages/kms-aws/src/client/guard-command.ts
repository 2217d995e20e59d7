import { isSafeEndpoint } from '../config/endpoint.ts'
import type { HttpRequest, HttpResponse } from './http-answer.ts'
import { readResponse } from './read-answer.ts'

/** The environment or a profile of the SDK named an endpoint that is not https. */
export class InsecureEndpoint extends Error {
  override readonly name = 'InsecureEndpoint'
}

/** What the SDK's middleware stack has to offer, as far as it is used here. */
interface Guardable {
  readonly middlewareStack: {
    add(
      middleware: (next: Handler) => Handler,
      options: { readonly step: 'deserialize'; readonly priority: 'low'; readonly name: string },
    ): void
  }
}

type Handler = (args: { readonly request: unknown }) => Promise<{ readonly response: unknown }>

/**
 * Stands between one request and the network: refuses an insecure endpoint, wherever it was configured, and reads the answer with a bound.
 *
 * @param command - of the SDK; changed.
 * @param onResponse - receives the bytes of the answer, to zero them later.
 */
export function guardCommand(
  command: object,
  allowInsecureEndpoint: boolean,
  onResponse: (bytes: Uint8Array) => void,
): void {
  // Commands have types of their own for each operation; their stacks are alike.
  const { middlewareStack } = command as Guardable
  const guard =
    (next: Handler): Handler =>
    async (args) => {
      const { protocol, hostname } = args.request as HttpRequest
      if (!allowInsecureEndpoint && !isSafeEndpoint(protocol, hostname))
        throw new InsecureEndpoint('the endpoint is not https')
      const output = await next(args)
      onResponse(await readResponse(output.response as HttpResponse))
      return output
    }
  middlewareStack.add(guard, { step: 'deserialize', priority: 'low', name: 'keyfoldGuard' })
}
