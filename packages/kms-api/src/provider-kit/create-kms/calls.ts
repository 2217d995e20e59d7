import { withSignal } from '../../clock/with-signal.ts'
import type { KmsErrorDetails, KmsOperation } from '../../errors/kms-error.ts'
import { KmsClosedError } from '../../errors/kms-errors.ts'
import type { CallOptions } from './call-options.ts'
import { contractError } from './contract-error.ts'
import type { ProviderCall } from './provider-operations.ts'

/** The calls of one `Kms` that are running, and whether it is closed. */
export class Calls {
  readonly #provider: string
  readonly #running = new Map<AbortController, KmsOperation>()
  #closed = false

  constructor(provider: string) {
    this.#provider = provider
  }

  /** @throws `KMS_CLOSED` after {@link Calls.close}. */
  checkOpen(operation: KmsOperation): void {
    if (this.#closed) throw this.#closedError(operation)
  }

  /** Rejects the calls that run, and every later one, with `KMS_CLOSED`. */
  close(): void {
    this.#closed = true
    for (const [controller, operation] of this.#running) controller.abort(this.#closedError(operation))
  }

  /**
   * Runs an operation and races it with the caller's signal and with {@link Calls.close}, so the call ends even if the operation does not.
   *
   * @param details - what is known of the call, for an error that is no `KmsError`.
   * @param discard - receives a result that arrives after the call has ended.
   * @throws the reason of the signal; `KMS_CLOSED`; a `KmsError` of the operation; `KMS_INVALID_RESPONSE` for any other error.
   */
  async run<T>(
    details: KmsErrorDetails,
    { signal, correlationId }: CallOptions,
    work: (call: ProviderCall) => Promise<T>,
    discard: (late: T) => void = () => undefined,
  ): Promise<T> {
    const { operation } = details
    const controller = new AbortController()
    const abort = (): void => {
      controller.abort(signal?.reason)
    }
    this.#running.set(controller, operation)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      const call = { operation, signal: controller.signal, correlationId }
      return await withSignal(() => guarded(details, call, work), controller.signal, discard)
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#running.delete(controller)
    }
  }

  #closedError(operation: KmsOperation): KmsClosedError {
    return new KmsClosedError({ provider: this.#provider, operation })
  }
}

async function guarded<T>(
  details: KmsErrorDetails,
  call: ProviderCall,
  work: (call: ProviderCall) => Promise<T>,
): Promise<T> {
  try {
    return await work(call)
  } catch (error) {
    throw contractError(error, details)
  }
}
