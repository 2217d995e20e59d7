import { conditionsOf } from '@keyfold/kit/manifest'
import type { Workspace } from '@keyfold/kit/workspace'

import { fencesOf } from '../lib/markdown.ts'
import { exportsOf, importsOf, packageOf } from '../lib/module-text.ts'
import type { Rule } from '../lib/rule.ts'

const CODE = /^(?:[cm]?[jt]sx?|typescript|javascript)$/

export const rule: Rule = {
  name: 'docs-imports',
  reads: 'docs',
  promise: 'what the documentation imports from @keyfold/… exists: the entry and every name',
  workspace: (workspace) =>
    workspace
      .files(/\.md$/)
      .filter(({ path }) => !path.startsWith('.changeset/') && !path.endsWith('CHANGELOG.md'))
      .flatMap((file) =>
        fencesOf(file.text)
          .filter(({ language }) => CODE.test(language))
          .flatMap((fence) =>
            importsOf(`${file.path}.ts`, fence.text)
              .filter(({ specifier }) => specifier.startsWith('@keyfold/'))
              .flatMap(({ specifier, line, names }) =>
                missing(workspace, specifier, names).map((what) => `${file.path}:${fence.line + line} ${what}`),
              ),
          ),
      ),
}

function missing(workspace: Workspace, specifier: string, names: readonly string[]): readonly string[] {
  const name = packageOf(specifier)
  const owner = workspace.published.find(({ manifest }) => manifest.name === name)
  if (owner === undefined) return [`imports "${specifier}", and there is no package ${name}`]
  const entry = owner.manifest.exports?.[`.${specifier.slice(name.length)}`]
  if (entry === undefined) return [`imports "${specifier}", which ${name} does not export`]
  const source = conditionsOf(entry)['@keyfold/source']
  if (source === undefined) return []
  const path = `${owner.folder}/${source.replace(/^\.\//, '')}`
  const [file] = workspace.files(/./).filter((each) => each.path === path)
  if (file === undefined) return [`imports "${specifier}", and ${path} is missing`]
  const exported = exportsOf(file.path, file.text)
  return names
    .filter((each) => each !== '*' && !exported.has(each))
    .map((each) => `imports ${each} from "${specifier}", which has no such export`)
}
