import path from 'node:path'

import { allowedPackages } from '@keyfold/kit/dependency-rules'
import { conditionsOf, runtimeDependencies } from '@keyfold/kit/manifest'
import { packedTexts, type PackedPackage } from '@keyfold/kit/packed-package'

import { importsOf, packageOf } from '../lib/module-text.ts'
import type { Rule } from '../lib/rule.ts'

const KAFKA_CLIENT = /^(?:kafkajs|kafka-node|node-rdkafka|@platformatic\/kafka|@confluentinc\/.*)$/

export const rule: Rule = {
  name: 'tarball-dependencies',
  promise:
    'R1 to R4, R7: a tarball depends only on those of our packages that its kind may use, and loads no Kafka client',
  tarball: (packed) => {
    const { manifest } = packed
    const allowed = allowedPackages(manifest)
    const isForbidden = (name: string): boolean => name.startsWith('@keyfold/') && !allowed.includes(name)
    const declared = runtimeDependencies(manifest)
      .filter((name) => isForbidden(name) && !(manifest.name === '@keyfold/kms-api' && name === '@keyfold/native'))
      .map((name) => `package.json depends on "${name}"`)
    const imported = packedTexts(packed, /\.(?:[cm]?js|ts)$/).flatMap((file) =>
      importsOf(file.path, file.text)
        .filter(({ specifier, typeOnly }) => {
          const name = packageOf(specifier)
          return !specifier.startsWith('.') && (isForbidden(name) || (!typeOnly && KAFKA_CLIENT.test(name)))
        })
        .map(({ specifier, line }) => `${file.path}:${line} imports "${specifier}"`),
    )
    return [...declared, ...imported, ...(manifest.nx?.tags?.includes('type:api') === true ? rootImports(packed) : [])]
  },
}

/** R3: what the root entry of kms-api loads that is neither its own nor a part of Node.js. */
function rootImports(packed: PackedPackage): readonly string[] {
  const files = new Map(packedTexts(packed, /^dist\//).map((file) => [file.path, file.text]))
  const root = conditionsOf(packed.manifest.exports?.['.'] ?? {})['default'] ?? ''
  const todo = [path.posix.normalize(root)]
  const seen = new Set<string>()
  const found: string[] = files.has(todo[0] ?? '') ? [] : ['package.json expected an entry "." with code']
  for (let file = todo.pop(); file !== undefined; file = todo.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    for (const { specifier, typeOnly } of importsOf(file, files.get(file) ?? '')) {
      if (specifier.startsWith('.')) todo.push(path.posix.join(path.posix.dirname(file), specifier))
      else if (!typeOnly && !specifier.startsWith('node:'))
        found.push(`${file} is loaded by the root entry and imports "${specifier}"`)
    }
  }
  return found
}
