/** The names of a provider in its files. */
export interface ProviderNames {
  /** As in configurations: `acme`. */
  readonly name: string
  /** For classes and types: `Acme`. */
  readonly className: string
  /** For sentences: `Acme Key Service`. */
  readonly title: string
  /** The folder of the package, from the root. */
  readonly folder: string
  readonly packageName: string
}

/**
 * Makes the names of what a user asks for.
 *
 * @throws Error when `name` is none that discovery finds.
 */
export function providerNames(name: string, title?: string): ProviderNames {
  const problem = !/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name) ? 'lower-case letters, digits and single "-", starting with a letter' : name.startsWith('kms-') ? 'a name without "kms-", which the package gets anyway' : undefined
  if (problem !== undefined) throw new Error(`"name" expected ${problem}, got ${JSON.stringify(name)}; for example: npx nx g @keyfold/nx-plugin:provider acme`)
  const words = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return { name, className: words.join(''), title: title ?? words.join(' '), folder: `packages/kms-${name}`, packageName: `@keyfold/kms-${name}` }
}
