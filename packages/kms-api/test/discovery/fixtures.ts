/** Sources and package.json texts of the packages that the tests install. */

export const PROVIDER = `
globalThis.keyfoldLoaded = (globalThis.keyfoldLoaded ?? 0) + 1
const standard = { version: 1, vendor: 'example', validate: (value) => ({ value }), jsonSchema: { input: () => ({}), output: () => ({}) } }
export default { name: 'example', contract: 1, configSchema: { '~standard': standard }, create: async () => { throw new Error('no') } }
`

/** The package.json of a provider whose subpath has the given target. */
export function manifest(name: string, target: unknown = { types: './index.d.ts', default: './provider.js' }): string {
  return JSON.stringify({ name, version: '1.0.0', type: 'module', exports: { './kms-provider': target } })
}

/** The files of an installed provider. */
export function installed(name: string, source = PROVIDER, target?: unknown): Record<string, string> {
  return { [`node_modules/${name}/package.json`]: manifest(name, target), [`node_modules/${name}/provider.js`]: source }
}

/** Counts how often one of the sources above ran in this process. */
export function timesLoaded(): number {
  return (globalThis as { keyfoldLoaded?: number }).keyfoldLoaded ?? 0
}
