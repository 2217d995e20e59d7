import { randomFillSync } from 'node:crypto'

import {
  createDek,
  encodeEncryptionContext,
  InvalidEdekError,
  KekMismatchError,
  KmsClosedError,
  UnknownAliasError,
  type Dek,
  type DekPair,
  type Edek,
  type Kek,
  type Kms,
  type KmsCallOptions,
} from '../../src/index.ts'

export const kekOne: Kek = { provider: 'fake', id: 'one', version: '1', wrapping: 'authenticated' }
export const kekTwo: Kek = { provider: 'fake', id: 'two', version: '1', wrapping: 'authenticated' }
const KEKS = [kekOne, kekTwo]

export interface FakeCall {
  readonly operation: 'resolveKek' | 'generateDekPair' | 'decryptEdek'
  readonly options: KmsCallOptions
  /** Of `resolveKek` only. */
  readonly kekSelector?: string
  /** Of the other two. */
  readonly kek?: Kek
}

/** A KMS that keeps the DEK in the EDEK: KEK index, length of the context, context, 32 bytes. */
export class FakeKms implements Kms {
  readonly calls: FakeCall[] = []
  /** The handles that it gave away. */
  readonly unwrapped: Dek[] = []
  /** Awaited by every call before it answers; may throw. */
  before: (call: FakeCall) => void | Promise<void> = () => undefined
  closed = 0

  count(operation: FakeCall['operation']): number {
    return this.calls.filter((call) => call.operation === operation).length
  }

  async resolveKek(kekSelector: string, options: KmsCallOptions = {}): Promise<Kek> {
    await this.#enter({ operation: 'resolveKek', options, kekSelector })
    const kek = KEKS.find(({ id }) => kekSelector === `alias/${id}` || kekSelector === id)
    if (kek === undefined) throw new UnknownAliasError(kekSelector, { provider: 'fake', operation: 'resolveKek' })
    return kek
  }

  async generateDekPair(kek: Kek, options: KmsCallOptions = {}): Promise<DekPair> {
    await this.#enter({ operation: 'generateDekPair', options, kek })
    const context = encodeEncryptionContext(options.encryptionContext) ?? new Uint8Array()
    const bytes = randomFillSync(new Uint8Array(32))
    const edek = Uint8Array.of(
      KEKS.findIndex(({ id }) => id === kek.id),
      context.length,
      ...context,
      ...bytes,
    )
    return { dek: createDek(bytes, 'generated'), edek }
  }

  async decryptEdek(kek: Kek, edek: Edek, options: KmsCallOptions = {}): Promise<Dek> {
    await this.#enter({ operation: 'decryptEdek', options, kek })
    if (this.kekOf(edek).id !== kek.id) throw new KekMismatchError({ provider: 'fake', operation: 'decryptEdek' })
    const context = encodeEncryptionContext(options.encryptionContext) ?? new Uint8Array()
    const end = 2 + (edek[1] as number)
    if (
      edek.length !== end + 32 ||
      !edek.subarray(2, end).every((byte, i) => byte === context[i]) ||
      end !== 2 + context.length
    ) {
      throw new InvalidEdekError({ provider: 'fake', operation: 'decryptEdek' })
    }
    const dek = createDek(new Uint8Array(edek.subarray(end)), 'unwrapped')
    this.unwrapped.push(dek)
    return dek
  }

  kekOf(edek: Edek): Kek {
    const kek = KEKS[edek[0] ?? -1]
    if (kek === undefined) throw new InvalidEdekError({ provider: 'fake', operation: 'kekOf' })
    return kek
  }

  async close(): Promise<void> {
    this.closed++
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #enter(call: FakeCall): Promise<void> {
    this.calls.push(call)
    if (this.closed > 0) throw new KmsClosedError({ provider: 'fake', operation: call.operation })
    await this.before(call)
  }
}

/** Says whether the two are handles of one key: what the first seals the second opens. */
export function isSameKey(generated: Dek, unwrapped: Dek): boolean {
  const regions = Uint32Array.of(0, 12, 4, 16)
  const slab = new Uint8Array(32)
  generated.sealRegions(slab, regions, 1)
  unwrapped.claim('records')
  return unwrapped.openRegions(slab, regions, 1, new Uint8Array(1)) === 0
}

/** A pair whose DEK is claimed for records. */
export async function claimedPair(kms: Kms, kek: Kek, options?: KmsCallOptions): Promise<DekPair> {
  const pair = await kms.generateDekPair(kek, options)
  pair.dek.claim('records')
  return pair
}

/** A promise that the test settles. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => undefined
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return {
    passed,
    open: () => {
      open()
    },
  }
}
