import { randomInt } from 'node:crypto'

/** A part of a sample runs before it, off the clock. A forced collection instead would shrink the heap, and make every variant slower. */
const SETTLING = 4

/** One thing that is measured: handles `records` records each time it is called. */
export interface Variant {
  readonly name: string
  /** How often it runs for one sample: often enough for several collections, so that it pays for its own garbage more than for another's. */
  readonly repeats: number
  readonly run: () => Promise<void> | void
}

/** Middle one of some numbers. */
export const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] as number

/**
 * Runs variants in turn, round after round, and gives for each its CPU time in microseconds a record, a number a round. Each round has an order
 * of its own, so that none always runs behind the same other. Compare numbers of the same round: the speed of a shared machine moves.
 */
export async function measure(
  variants: readonly Variant[],
  options: { readonly rounds: number; readonly records: number },
): Promise<Map<string, number[]>> {
  const times = new Map(variants.map(({ name }) => [name, [] as number[]]))
  for (const { run, repeats } of variants) for (let i = 0; i < repeats; i++) await run()
  for (let round = 0; round < options.rounds; round++) {
    for (const { name, run, repeats } of shuffled(variants)) {
      for (let k = 0; k < repeats / SETTLING; k++) await run()
      const before = process.cpuUsage()
      for (let k = 0; k < repeats; k++) await run()
      const { user, system } = process.cpuUsage(before)
      times.get(name)?.push((user + system) / (repeats * options.records))
    }
  }
  return times
}

function shuffled<T>(items: readonly T[]): T[] {
  const left = [...items]
  return items.flatMap(() => left.splice(randomInt(left.length), 1))
}
