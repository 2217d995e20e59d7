import { boundMember, memberNames } from './delegate.ts'

/** What a client's batch must have. */
export interface ClientBatch<M> {
  readonly topic: string
  readonly partition: number
  readonly highWatermark?: unknown
  readonly messages: readonly M[]
}

/**
 * Returns a batch with other messages and everything else that the client's own has, its methods bound to it: a copy of an instance would lose them.
 *
 * @param end - the offset of the last record that it stands for, where that is not the last of the client's batch.
 */
export function batchView<M>(batch: ClientBatch<M>, messages: readonly M[], end: string | undefined): ClientBatch<M> {
  const view = {}
  for (const name of memberNames(batch)) set(view, name, boundMember(batch, name))
  set(view, 'messages', messages)
  set(view, 'isEmpty', () => messages.length === 0)
  if (end !== undefined) {
    set(view, 'lastOffset', () => end)
    set(view, 'offsetLag', () => String(BigInt(String(batch.highWatermark)) - 1n - BigInt(end)))
  }
  return view as ClientBatch<M>
}

function set(view: object, name: string | symbol, value: unknown): void {
  Object.defineProperty(view, name, { value, enumerable: true, writable: true, configurable: true })
}
