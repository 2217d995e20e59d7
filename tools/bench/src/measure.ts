/** A part of a sample runs before it, off the clock. A forced collection instead would shrink the heap, and make every variant slower. */
const SETTLING = 4

/** One thing that is measured: handles `records` records each time it is called. */
export interface Variant {
  readonly name: string
  readonly run: () => Promise<void> | void
}

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] as number

/**
 * Runs variants in turn, round after round, and gives the median CPU time of each in microseconds a record. The order turns by one each
 * round, so that none always runs behind the same other; what the one before left behind, garbage above all, is dealt with before the clock starts.
 *
 * @param repeats - how often a variant runs within a round: enough for the CPU clock's resolution.
 */
export async function measure(variants: readonly Variant[], options: { readonly rounds: number; readonly repeats: number; readonly records: number }): Promise<Map<string, number>> {
  const times = new Map(variants.map(({ name }) => [name, [] as number[]]))
  for (const { run } of variants) for (let i = 0; i < options.repeats; i++) await run()
  for (let round = 0; round < options.rounds; round++) {
    for (let i = 0; i < variants.length; i++) {
      const { name, run } = variants[(i + round) % variants.length] as Variant
      for (let k = 0; k < options.repeats / SETTLING; k++) await run()
      const before = process.cpuUsage()
      for (let k = 0; k < options.repeats; k++) await run()
      const { user, system } = process.cpuUsage(before)
      times.get(name)?.push((user + system) / (options.repeats * options.records))
    }
  }
  return new Map([...times].map(([name, all]) => [name, median(all)]))
}
