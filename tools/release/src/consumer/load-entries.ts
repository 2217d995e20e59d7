import type { EmptyProject } from './empty-project.ts'

/** What loading an entry gave: the names of its exports, or the message of what it threw. */
export type Loaded = { readonly names: readonly string[] } | { readonly error: string }

/** How a module is loaded. */
export type Loader = 'import' | 'require'

/** Loads entries in one process, on one Node, the one way. */
export async function loadEntries(
  project: EmptyProject,
  node: string,
  loader: Loader,
  entries: readonly string[],
): Promise<ReadonlyMap<string, Loaded>> {
  const file = await project.write(`load.${loader === 'import' ? 'mjs' : 'cjs'}`, script(loader, entries))
  const { stdout, stderr } = await project.run(node, file)
  try {
    return new Map(JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as [string, Loaded][])
  } catch {
    throw new Error(
      `the process that loads ${entries.join(', ')} expected to say what they export, got ${stdout.slice(-500)}${stderr.slice(-500)}`,
    )
  }
}

function script(loader: Loader, entries: readonly string[]): string {
  return `const load = async (entry) => {
  try {
    const module = ${loader === 'import' ? 'await import(entry)' : 'require(entry)'}
    return { names: Object.keys(module).filter((name) => name !== 'module.exports' && name !== '__esModule').sort() }
  } catch (error) {
    return { error: String(error?.message ?? error) }
  }
}
const run = async () => {
  const loaded = []
  for (const entry of ${JSON.stringify(entries)}) loaded.push([entry, await load(entry)])
  console.log(JSON.stringify(loaded))
}
run()
`
}
