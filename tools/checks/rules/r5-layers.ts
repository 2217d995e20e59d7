import { reachableFrom } from '../lib/module-graph.ts'
import { importsOf } from '../lib/module-text.ts'
import type { Rule } from '../lib/rule.ts'
import { filesOf } from '../lib/workspace.ts'

/** What keys and ciphers are made of: wire/ may hash, nothing more. */
const CRYPTO = 'node:crypto'
const HASHES = new Set(['createHash', 'hash', 'timingSafeEqual'])

export const rule: Rule = {
  name: 'r5-layers',
  promise: 'R5: inside record-encryption, wire/ never sees a key and dek/ never sees a record',
  workspace: (workspace) =>
    workspace.published
      .filter(({ manifest }) => manifest.nx?.tags?.includes('type:encryption'))
      .flatMap((each) => {
        const files = new Map(filesOf(workspace, each, /^src\//).map(({ path, text }) => [path.slice(each.folder.length + 1), text]))
        const layer = (name: string): readonly string[] => [...files.keys()].filter((file) => file.startsWith(`src/${name}/`))
        const reaches = (from: string, forbidden: RegExp, what: string): readonly string[] =>
          reachableFrom(from, files, { types: true })
            .files.filter((file) => forbidden.test(file))
            .map((file) => `${each.folder}/${from} reaches ${file}: ${what}`)
        return [
          ...layer('wire').flatMap((file) => [
            ...reaches(file, /^src\/dek\//, 'wire/ never sees a key'),
            ...reachableFrom(file, files, { types: true })
              .bare.filter(({ specifier }) => specifier === '@keyfold/kms-api')
              .map(({ from }) => `${each.folder}/${file} reaches the types of keys in @keyfold/kms-api through ${from}: wire/ never sees a key`),
            ...importsOf(file, files.get(file) ?? '')
              .filter(({ specifier, names }) => specifier === CRYPTO && (names.length === 0 || names.some((name) => !HASHES.has(name))))
              .map(({ line, names }) => `${each.folder}/${file}:${line} takes ${names.join(', ')} from ${CRYPTO}: wire/ never sees a key`),
          ]),
          ...layer('dek').flatMap((file) => reaches(file, /^src\/(?:wire|records?)\//, 'dek/ never sees a record')),
        ]
      }),
}
