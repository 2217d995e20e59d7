import type { PoliciesOf, PolicyTable, Resolved } from './policy.ts'

/**
 * Fills in the policies of a table: for each, the first layer that sets it wins, otherwise its default. A group is filled in member by member, so
 * an explicit `undefined` sets nothing and does not undo a stricter default.
 *
 * @param layers - checked copies, the most specific first.
 */
export function resolvePolicies<M extends PolicyTable>(
  table: M,
  ...layers: readonly (PoliciesOf<M> | undefined)[]
): Resolved<M> {
  const resolved = Object.entries(table).map(([name, policy]) => {
    // Own members only: what a polluted prototype adds was not configured.
    const said = layers.map((layer) => (layer !== undefined && Object.hasOwn(layer, name) ? layer[name] : undefined))
    return [
      name,
      policy.kind === 'group'
        ? resolvePolicies(policy.members, ...(said as readonly (PoliciesOf<PolicyTable> | undefined)[]))
        : (said.find((value) => value !== undefined) ?? policy.fallback),
    ]
  })
  return Object.fromEntries(resolved) as Resolved<M>
}
