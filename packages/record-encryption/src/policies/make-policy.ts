import { z } from 'zod'

import type { Policy, PolicyGroup, PolicyTable } from './policy.ts'

/** Creates a policy with one of several words; the first is the default. */
export function oneOf<const W extends readonly [string, ...string[]]>(...words: W): Policy<W[number]> {
  const schema = z.enum(words)
  return { kind: 'policy', file: schema, api: schema, fallback: words[0], shown: words.map(code).join(', ') }
}

/** Creates a policy that is `true` or `false`. */
export function flag(fallback: boolean): Policy<boolean> {
  const schema = z.boolean()
  return { kind: 'policy', file: schema, api: schema, fallback, shown: [fallback, !fallback].map(code).join(', ') }
}

/** Creates a policy that is a whole number from 1 to `max`. */
export function count(fallback: number, max: number, unit: (value: number) => string): Policy<number> {
  const schema = z.int().min(1).max(max)
  return { kind: 'policy', file: schema, api: schema, fallback, shown: `${unit(fallback)}; at most ${unit(max)}` }
}

/** Creates any other policy. `api` also accepts values that a file cannot hold: functions, bigints. */
export function policyOf<T, F extends T = T>(policy: {
  readonly file: z.ZodType<F>
  readonly api?: z.ZodType<T>
  readonly fallback: F
  readonly shown: string
}): Policy<T, F> {
  return { kind: 'policy', api: policy.file, ...policy }
}

/** Groups policies under one name. */
export function group<M extends PolicyTable>(members: M, check?: PolicyGroup<M>['check']): PolicyGroup<M> {
  return { kind: 'group', members, check }
}

function code(value: string | boolean): string {
  return `\`${value}\``
}
