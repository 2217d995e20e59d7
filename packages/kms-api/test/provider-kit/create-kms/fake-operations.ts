import { Buffer } from 'node:buffer'

import type { Edek, Kek } from '../../../src/index.ts'
import type { BoundContext, GeneratedDek, ProviderCall, ProviderOperations } from '../../../src/provider-kit/index.ts'

/** What an operation received. */
export interface Received {
  readonly operation: string
  readonly kek?: Kek | undefined
  readonly fields?: unknown
  readonly context?: BoundContext | undefined
  readonly call: ProviderCall
}

export const PROVIDER = 'fake'
export const BYTES = Uint8Array.from({ length: 32 }, (_, i) => i + 1)
export const CONTEXT = { topic: 'payments' }

export const kekOfId = (id: string, version?: string): Kek => ({
  provider: PROVIDER,
  id,
  wrapping: 'authenticated',
  ...(version === undefined ? {} : { version }),
})

/** Layout: 01 without or 02 with a context, then the name of the KEK, which begins with "k" inside of the boundary. */
export const edekOf = (id: string, bound = false): Edek => Buffer.from(`${bound ? '\x02' : '\x01'}${id}`)

/** A KMS that is always right, and remembers what it was given. Tests override one operation. */
export class FakeOperations implements ProviderOperations<{ readonly text: string }> {
  readonly provider = PROVIDER
  readonly received: Received[] = []
  readonly decoded: Edek[] = []
  readonly handedOver: Uint8Array[] = []
  closed = 0
  bindsContext: boolean | undefined

  /** What `accept` and `decode` returned last. */
  accepted: Kek | undefined
  named: Kek | undefined

  accept(kek: Kek): Kek | undefined {
    this.accepted = kek.id.startsWith('k') ? kekOfId(kek.id) : undefined
    return this.accepted
  }

  decode(edek: Edek): { kek: Kek; bound: boolean; fields: { readonly text: string } } | undefined {
    this.decoded.push(edek)
    const text = Buffer.from(edek).toString('latin1')
    if (!/^[\x01\x02]k/.test(text)) return undefined
    this.named = kekOfId(text.slice(1), '7')
    return { kek: this.named, bound: text.startsWith('\x02'), fields: { text } }
  }

  async resolve(kekSelector: string, context: BoundContext | undefined, call: ProviderCall): Promise<Kek> {
    this.received.push({ operation: 'resolve', context, call })
    return Promise.resolve(kekOfId(kekSelector, '7'))
  }

  async generate(kek: Kek, context: BoundContext | undefined, call: ProviderCall): Promise<GeneratedDek> {
    this.received.push({ operation: 'generate', kek, context, call })
    return Promise.resolve({ bytes: this.key(), edek: edekOf(kek.id, context !== undefined) })
  }

  async unwrap(
    fields: { readonly text: string },
    kek: Kek,
    context: BoundContext | undefined,
    call: ProviderCall,
  ): Promise<Uint8Array> {
    this.received.push({ operation: 'unwrap', fields, kek, context, call })
    return Promise.resolve(this.key())
  }

  async close(): Promise<void> {
    this.closed++
    return Promise.resolve()
  }

  /** Bytes that change hands; the test looks at them afterwards. */
  key(bytes: Uint8Array = BYTES): Uint8Array {
    const copy = Uint8Array.from(bytes)
    this.handedOver.push(copy)
    return copy
  }
}
