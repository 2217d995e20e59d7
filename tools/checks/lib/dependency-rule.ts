import path from 'node:path'

import { runtimeDependencies } from './manifest.ts'
import { importsOf } from './module-text.ts'
import { packedTexts } from './packed-package.ts'
import type { Rule } from './rule.ts'
import { filesOf } from './workspace.ts'

/** Which of our packages the packages with one tag may use. */
export interface DependencyRuleOptions {
  readonly name: string
  readonly promise: string
  /** The Nx tag of the packages that it holds for. */
  readonly tag: string
  /** Of ours, at run time and in types. */
  readonly allowed: readonly string[]
  /** Of ours, in tests only. */
  readonly inTests: readonly string[]
  /** Of others, packages that may not be imported even as types. */
  readonly forbidden?: RegExp
}

const OURS = '@keyfold/'

/** The package that a bare specifier belongs to. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Makes a rule about who depends on whom, for sources, package.json and tarball alike. */
export function dependencyRule({ name, promise, tag, allowed, inTests, forbidden }: DependencyRuleOptions): Rule {
  const applies = (tags: readonly string[] | undefined): boolean => tags?.includes(tag) === true
  const isAllowed = (dependency: string, self: string): boolean =>
    forbidden?.test(dependency) !== true &&
    (!dependency.startsWith(OURS) || dependency === self || allowed.includes(dependency))

  return {
    name,
    promise,
    workspace: (workspace) =>
      workspace.published
        .filter(({ manifest }) => applies(manifest.nx?.tags))
        .flatMap((each) => {
          const { folder, manifest } = each
          const declared = runtimeDependencies(manifest).filter((dependency) => !isAllowed(dependency, manifest.name))
          const development = Object.keys(manifest.devDependencies ?? {}).filter(
            (dependency) => !isAllowed(dependency, manifest.name) && !inTests.includes(dependency),
          )
          const imports = filesOf(workspace, each, /^src\/.*\.ts$/).flatMap((file) =>
            importsOf(file.path, file.text).flatMap(({ specifier, line }) => {
              const leaves =
                specifier.startsWith('.') &&
                path.posix.relative(folder, path.posix.join(path.posix.dirname(file.path), specifier)).startsWith('..')
              if (leaves) return [`${file.path}:${line} leaves its package: "${specifier}"`]
              return specifier.startsWith('.') || isAllowed(packageOf(specifier), manifest.name)
                ? []
                : [`${file.path}:${line} imports "${specifier}"`]
            }),
          )
          return [
            ...[...declared, ...development].map((dependency) => `${folder}/package.json depends on "${dependency}"`),
            ...imports,
          ]
        }),
    tarball: (packed) => {
      if (!applies(packed.manifest.nx?.tags)) return []
      const self = packed.manifest.name
      const declared = runtimeDependencies(packed.manifest).filter((dependency) => !isAllowed(dependency, self))
      const imports = packedTexts(packed, /\.(?:[cm]?js|ts)$/).flatMap((file) =>
        importsOf(file.path, file.text)
          .filter(({ specifier }) => !specifier.startsWith('.') && !isAllowed(packageOf(specifier), self))
          .map(({ specifier, line }) => `${file.path}:${line} imports "${specifier}"`),
      )
      return [...declared.map((dependency) => `package.json depends on "${dependency}"`), ...imports]
    },
  }
}
