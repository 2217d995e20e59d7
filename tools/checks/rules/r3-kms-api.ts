import { dependencyRule } from '../lib/dependency-rule.ts'
import { conditionsOf, type Manifest } from '../lib/manifest.ts'
import { reachableFrom } from '../lib/module-graph.ts'
import { packedTexts } from '../lib/packed-package.ts'
import type { Rule } from '../lib/rule.ts'
import { filesOf } from '../lib/workspace.ts'

const TAG = 'type:api'
const ours = dependencyRule({
  name: 'r3-kms-api',
  promise: '',
  tag: TAG,
  allowed: [],
  inTests: ['@keyfold/kms-test-support'],
})

export const rule: Rule = {
  name: ours.name,
  promise: 'R3: kms-api depends on nothing of ours, and its root entry has no runtime dependency',
  workspace: async (workspace) => {
    const roots = workspace.published
      .filter(({ manifest }) => manifest.nx?.tags?.includes(TAG))
      .flatMap((each) => {
        const files = new Map(
          filesOf(workspace, each, /^src\//).map(({ path, text }) => [path.slice(each.folder.length + 1), text]),
        )
        return loadedByRoot(each.manifest, '@keyfold/source', files).map((line) => `${each.folder}/${line}`)
      })
    return [...((await ours.workspace?.(workspace)) ?? []), ...roots]
  },
  tarball: async (packed) => {
    const files = new Map(packedTexts(packed, /^dist\//).map(({ path, text }) => [path, text]))
    const loaded =
      packed.manifest.nx?.tags?.includes(TAG) === true ? loadedByRoot(packed.manifest, 'default', files) : []
    return [...((await ours.tarball?.(packed)) ?? []), ...loaded]
  },
}

function loadedByRoot(manifest: Manifest, condition: string, files: ReadonlyMap<string, string>): readonly string[] {
  const root = conditionsOf(manifest.exports?.['.'] ?? {})[condition]
  if (root === undefined) return [`package.json expected an entry "." with the condition "${condition}"`]
  return reachableFrom(root.replace(/^\.\//, ''), files)
    .bare.filter(({ specifier }) => !specifier.startsWith('node:'))
    .map(({ from, specifier }) => `${from} is loaded by the root entry and imports "${specifier}"`)
}
