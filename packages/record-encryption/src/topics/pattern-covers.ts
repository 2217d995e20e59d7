import type { TopicPattern } from '../types.ts'
import { compileTopicPattern } from './pattern.ts'
import { isTopicName } from './topic-name.ts'

/** Fillers for the wildcards of a glob, to try a regular expression that is not a list of globs. */
const FILLERS = ['', 'a', 'Z', '7', '-', '_', '.', 'orders', 'a.b-c_D9', 'x'.repeat(60)]
/** A part of a regular expression that a glob can express: a literal, any character, a run of any characters. */
const PART = /\\?([A-Za-z0-9_-]|(?<=\\)\.)|(\.\*)|(\.\+)|(\.)/y

/**
 * Returns whether `wide` matches every name that `narrow` matches, as far as can be told. Globs, and regular expressions that are lists of globs, are
 * compared exactly; other regular expressions are tried with names, or have to be the same.
 */
export function patternCovers(wide: TopicPattern, narrow: TopicPattern): boolean {
  if (textOf(wide) === textOf(narrow)) return true
  const wideGlobs = globsOf(wide)
  const narrowGlobs = globsOf(narrow)
  if (narrowGlobs === undefined) return coversAll(wide, wideGlobs, ['*'])
  return coversAll(wide, wideGlobs, narrowGlobs)
}

function coversAll(wide: TopicPattern, wideGlobs: readonly string[] | undefined, narrow: readonly string[]): boolean {
  if (wideGlobs !== undefined) return narrow.every((glob) => wideGlobs.some((each) => globCovers(each, glob)))
  const matches = compileTopicPattern(wide, 'match')
  const names = narrow.map((glob) => FILLERS.map((filler) => fill(glob, filler)).filter(isTopicName))
  return names.every((each) => each.length > 0 && each.every(matches))
}

/** Compares two globs: what stands in the narrow one is a character, any character (`?`) or any run (`*`). */
function globCovers(wide: string, narrow: string): boolean {
  const [p, q] = [normalize(wide), normalize(narrow)]
  // reachable[j]: whether what was seen of `p` covers the first j characters of `q`.
  let reachable = Array.from({ length: q.length + 1 }, (_, j) => j === 0)
  for (const symbol of p) {
    const next = reachable.map(() => false)
    for (let j = 0; j <= q.length; j++) {
      if (symbol === '*') next[j] = reachable[j] === true || (j > 0 && next[j - 1] === true)
      else if (j > 0)
        next[j] = reachable[j - 1] === true && (q[j - 1] === symbol || (symbol === '?' && q[j - 1] !== '*'))
    }
    reachable = next
  }
  return reachable[q.length] === true
}

/** Writes a run of wildcards one way: its `?` first, then at most one `*`. */
function normalize(glob: string): string {
  return glob.replace(/[*?]+/g, (run) => run.replaceAll('*', '') + (run.includes('*') ? '*' : ''))
}

function fill(glob: string, filler: string): string {
  return glob.replaceAll('?', (filler || 'a').slice(0, 1)).replaceAll('*', filler)
}

/** The globs that a pattern is, if it is nothing more than that. */
function globsOf(pattern: TopicPattern): readonly string[] | undefined {
  if (typeof pattern === 'string') return [pattern]
  if (pattern instanceof RegExp && pattern.ignoreCase) return undefined
  const globs = sourceOf(pattern)
    .split('|')
    .map((source) => globOf(source.replace(/^\^/, '').replace(/(?<!\\)\$$/, '')))
  return globs.every((glob) => glob !== undefined) ? globs : undefined
}

function globOf(source: string): string | undefined {
  const parts = [...source.matchAll(new RegExp(PART.source, 'gy'))]
  if (parts.map(([part]) => part).join('') !== source) return undefined
  if (parts.some(([part]) => /^\\[A-Za-z0-9]/.test(part))) return undefined
  return parts.map(([, literal, run, oneOrMore]) => literal ?? (run ? '*' : oneOrMore ? '?*' : '?')).join('')
}

function sourceOf(pattern: RegExp | { readonly regex: string }): string {
  return pattern instanceof RegExp ? pattern.source : pattern.regex
}

function textOf(pattern: TopicPattern): string {
  if (typeof pattern === 'string') return `glob ${normalize(pattern)}`
  return `regex ${sourceOf(pattern)} ${pattern instanceof RegExp ? pattern.flags : ''}`.trimEnd()
}
