import fc from 'fast-check'

/** Checks a property with a seed that the test's output shows, so that a failure can be run again: `KEYFOLD_SEED=… vitest run`. */
export function properties<T>(property: fc.IProperty<T>, numRuns = 1_000): void {
  fc.assert(property, { seed: SEED, numRuns })
}

const SEED = Number(process.env['KEYFOLD_SEED'] ?? Date.now() & 0x7fffffff)
console.log(`fast-check seed: KEYFOLD_SEED=${SEED}`)
