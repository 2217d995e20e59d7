import { Buffer } from 'node:buffer'

import type { Kms } from '@keyfold/kms-api'

/** Gives a client that does everything as `kms` does, but for what is overridden. */
export function brokenKms(kms: Kms, overrides: Partial<Kms>): Kms {
  return {
    resolveKek: (kekSelector, options) => kms.resolveKek(kekSelector, options),
    generateDekPair: (kek, options) => kms.generateDekPair(kek, options),
    decryptEdek: (kek, edek, options) => kms.decryptEdek(kek, edek, options),
    kekOf: (edek) => kms.kekOf(edek),
    health: () => kms.health?.() ?? Promise.resolve({ status: 'ok' as const }),
    close: () => kms.close(),
    [Symbol.asyncDispose]: () => kms.close(),
    ...overrides,
  }
}

/** Gives a client whose asynchronous operations fail with what `change` makes of their errors. */
export function failingKms(
  kms: Kms,
  change: (error: unknown, operation: 'resolveKek' | 'generateDekPair' | 'decryptEdek') => unknown,
): Kms {
  const changed = (operation: Parameters<typeof change>[1]) => (error: unknown) => {
    throw change(error, operation) as Error
  }
  return brokenKms(kms, {
    resolveKek: (kekSelector, options) => kms.resolveKek(kekSelector, options).catch(changed('resolveKek')),
    generateDekPair: (kek, options) => kms.generateDekPair(kek, options).catch(changed('generateDekPair')),
    decryptEdek: (kek, edek, options) => kms.decryptEdek(kek, edek, options).catch(changed('decryptEdek')),
  })
}

/** Counts as a key of a Map. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
