import path from 'node:path'

import { reachableFrom } from '../lib/module-graph.ts'
import { importsOf } from '../lib/module-text.ts'
import type { Rule } from '../lib/rule.ts'
import { filesOf } from '../lib/workspace.ts'

type Files = ReadonlyMap<string, string>

/** What keys and ciphers are made of: wire/ may hash, nothing more. */
const CRYPTO = 'node:crypto'
const HASHES = new Set(['createHash', 'hash', 'timingSafeEqual'])

/** The public shapes of a record, by the names that they have in types.ts. */
const RECORD = /^(?:KafkaRecord|RecordHeader|EncryptedRecord|DecryptedRecord)$/

export const rule: Rule = {
  name: 'r5-layers',
  promise: 'R5: inside record-encryption, wire/ never sees a key and dek/ never sees a record',
  workspace: (workspace) =>
    workspace.published
      .filter(({ manifest }) => manifest.nx?.tags?.includes('type:encryption'))
      .flatMap((each) => {
        const files = new Map(
          filesOf(workspace, each, /^src\//).map(({ path, text }) => [path.slice(each.folder.length + 1), text]),
        )
        const layer = (name: string): readonly string[] =>
          [...files.keys()].filter((file) => file.startsWith(`src/${name}/`))
        return [
          ...layer('wire').flatMap((file) => wireViolations(file, files)),
          ...layer('dek').flatMap((file) => dekViolations(file, files)),
        ].map((line) => `${each.folder}/${line}`)
      }),
}

function wireViolations(file: string, files: Files): readonly string[] {
  const direct = importsOf(file, files.get(file) ?? '').flatMap(({ specifier, names, line }) => {
    const isKey =
      specifier === '@keyfold/kms-api' ||
      (specifier === CRYPTO && (names.length === 0 || names.some((name) => !HASHES.has(name))))
    return isKey || within(file, specifier, /^src\/dek\//)
      ? [`${file}:${line} imports ${names.join(', ')} from "${specifier}": wire/ never sees a key`]
      : []
  })
  return [...direct, ...reached(file, files, /^src\/dek\//, 'wire/ never sees a key')]
}

function dekViolations(file: string, files: Files): readonly string[] {
  const direct = importsOf(file, files.get(file) ?? '').flatMap(({ specifier, names, line }) => {
    const isRecord =
      within(file, specifier, /^src\/(?:wire|records)\//) ||
      (specifier.startsWith('.') && names.some((name) => RECORD.test(name)))
    return isRecord ? [`${file}:${line} imports ${names.join(', ')} from "${specifier}": dek/ never sees a record`] : []
  })
  return [...direct, ...reached(file, files, /^src\/(?:wire|records)\//, 'dek/ never sees a record')]
}

function within(file: string, specifier: string, folder: RegExp): boolean {
  return specifier.startsWith('.') && folder.test(path.posix.join(path.posix.dirname(file), specifier))
}

/** What a module loads through others, at run time. */
function reached(file: string, files: Files, forbidden: RegExp, why: string): readonly string[] {
  return reachableFrom(file, files)
    .files.filter((each) => forbidden.test(each))
    .map((each) => `${file} loads ${each}, itself or through others: ${why}`)
}
