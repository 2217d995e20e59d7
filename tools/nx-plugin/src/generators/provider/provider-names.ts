/** The names of a provider in its files. */
export interface ProviderNames {
  /** As in configurations: `acme`. */
  readonly name: string
  /** For classes and types: `AcmeCloud`. */
  readonly className: string
  /** For functions: `acmeCloud`. */
  readonly variable: string
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
  const problem = problemOf(name)
  if (problem !== undefined)
    throw new Error(
      `"name" expected ${problem}, got ${JSON.stringify(name)}; for example: npx nx g @keyfold/nx-plugin:provider acme`,
    )
  const words = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  const className = words.join('')
  return {
    name,
    className,
    variable: className.charAt(0).toLowerCase() + className.slice(1),
    title: title ?? words.join(' '),
    folder: `packages/kms-${name}`,
    packageName: `@keyfold/kms-${name}`,
  }
}

function problemOf(name: string): string | undefined {
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name))
    return 'lower-case letters, digits and single "-", starting with a letter'
  return name.startsWith('kms-') ? 'a name without "kms-", which the package gets anyway' : undefined
}
