import { homedir, hostname } from 'node:os'
import path from 'node:path'

import type { Rule } from '../lib/rule.ts'

// Below these, paths belong to one machine. Examples in documentation use relative paths or /etc.
const PRIVATE_PATH = /(?<![\w.}$*)\]/-])\/(?:home|Users|root|work|workspace|private\/var)\/[\w.-]+/
const DRIVE_PATH = /\b[A-Za-z]:\\(?:Users|Documents)\b/
const REGISTRY =
  /https?:\/\/[^\s"'/]*(?:registry|artifactory|nexus|verdaccio|mirror)[^\s"'/]*|^\s*(?:@[\w-]+:)?registry\s*=|"resolved":\s*"https?:/
const BINARY = /\.(?:bin|gz|png|jpe?g|ico|woff2?)$/
/** The rule itself, and its test, name what they look for. */
const SELF = /(?:^|\/)no-machine-paths(?:\.test)?\.ts$/

export const rule: Rule = {
  name: 'no-machine-paths',
  reads: 'files',
  promise: 'no file names a path of a machine, its host or a package registry',
  workspace: (workspace) => {
    const local = [workspace.root, homedir(), hostname()].filter(
      (name) => name.length >= 8 && (path.isAbsolute(name) || !/^localhost/.test(name)),
    )
    return workspace
      .files(/./)
      .filter((file) => !BINARY.test(file.path) && !SELF.test(file.path))
      .flatMap((file) => {
        if (
          ![PRIVATE_PATH, DRIVE_PATH, new RegExp(REGISTRY, 'm')].some((pattern) => pattern.test(file.text)) &&
          !local.some((name) => file.text.includes(name))
        )
          return []
        return file.text.split('\n').flatMap((line, index) => {
          const found =
            PRIVATE_PATH.exec(line)?.[0] ??
            DRIVE_PATH.exec(line)?.[0] ??
            REGISTRY.exec(line)?.[0] ??
            local.find((name) => line.includes(name))
          return found === undefined ? [] : [`${file.path}:${index + 1} names ${found}`]
        })
      })
  },
}
