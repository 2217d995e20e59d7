import { printable } from '@keyfold/kms-api'

import type { TopicPattern } from '../types.ts'

/** Kafka's alphabet of topic names, and the two wildcards. */
const GLOB = /^[A-Za-z0-9._*?-]+$/
const HINT = 'a regular expression is written { regex: "…" }'

/** Matches a whole text. */
export type Matcher = (text: string) => boolean

/**
 * Compiles the `match` of a rule. A glob matches the whole name, a regular expression as well: `public.*` never matches `nonpublic.secrets`.
 *
 * @throws TypeError for a string that is no glob over topic names, naming `path`.
 */
export function compileTopicPattern(pattern: TopicPattern, path: string): Matcher {
  if (typeof pattern !== 'string') return compileRegex(pattern, path)
  if (!GLOB.test(pattern) || pattern.startsWith('.*')) {
    throw new TypeError(
      `"${path}" expected the name of a topic or a glob (* and ?), got ${printable(pattern)}; ${HINT}`,
    )
  }
  return compileGlob(pattern)
}

/** Compiles a glob over any text: `*` is any run of characters, `?` one, all else literal; the whole text has to match. */
export function compileGlob(glob: string): Matcher {
  const pattern = glob.replace(/\*+/g, '*')
  return (text) => matches(pattern, text)
}

/**
 * Only the last star is retried, so the work is at most the product of the lengths: the author of a topic's name cannot make it
 * exponential, as with a regular expression that backtracks.
 */
function matches(pattern: string, text: string): boolean {
  let p = 0
  let star = -1
  let restart = 0
  for (let t = 0; t < text.length;) {
    if (pattern[p] === '*') {
      star = p++
      restart = t
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++restart
    } else return false
  }
  if (pattern[p] === '*') p++
  return p === pattern.length
}

function compileRegex(pattern: RegExp | { readonly regex: string }, path: string): Matcher {
  const [source, flags] =
    // "g" and "y" make a RegExp remember where it stopped; "m" would let it match a line.
    pattern instanceof RegExp ? [pattern.source, pattern.flags.replace(/[gym]/g, '')] : [pattern.regex, '']
  try {
    // Compiled alone first: "a)|(b" must be an error and must not escape the anchors.
    new RegExp(source, flags)
    const regex = new RegExp(`^(?:${source})$`, flags)
    return (text) => regex.test(text)
  } catch {
    throw new TypeError(`"${path}" expected a regular expression, got ${printable(source)}`)
  }
}
