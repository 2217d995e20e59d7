import { KekStore } from '../keys/kek-store.ts'
import type { FaultCall, FaultHook, InMemoryOperation } from './faults.ts'

/** What stands for the server: the KEKs, the faults that a test asked for, and how often it was called. Clients and the admin share it. */
export class Backend {
  readonly keks = new KekStore()
  faults: FaultHook | undefined
  #calls = noCalls()

  get calls(): Readonly<Record<InMemoryOperation, number>> {
    return { ...this.#calls }
  }

  resetCalls(): void {
    this.#calls = noCalls()
  }

  /** Counts a request and waits for the fault hook. */
  async request(call: Omit<FaultCall, 'callNumber'>): Promise<void> {
    const callNumber = ++this.#calls[call.operation]
    await this.faults?.({ ...call, callNumber })
  }
}

function noCalls(): Record<InMemoryOperation, number> {
  return { resolveKek: 0, generateDekPair: 0, decryptEdek: 0, health: 0 }
}
