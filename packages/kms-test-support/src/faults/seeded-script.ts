import { seededRandom } from '../clause/random.ts'
import type { FaultScript } from './fault-proxy.ts'
import type { Fault } from './fault.ts'

/** One fault and how often it comes, as a share of all. */
export interface WeightedFault {
  readonly fault: Fault
  readonly weight: number
}

/** Draws a fault for each request, the same ones for the same seed. What the weights leave of 1 passes. */
export function seededScript(seed: number, faults: readonly WeightedFault[]): FaultScript {
  const random = seededRandom(seed)
  return () => {
    let left = random() / 2 ** 32
    for (const { fault, weight } of faults) {
      if (left < weight) return fault
      left -= weight
    }
    return { kind: 'pass' }
  }
}
