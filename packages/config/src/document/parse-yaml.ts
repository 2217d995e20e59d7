import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'

import { escapeText, formatPath } from '@keyfold/kms-api'

import { ConfigError } from '../errors/config-error.ts'

/** An alias stands for a copy of its anchor; documents that multiply (`*a` in `*b` in …) stop here. */
const MAX_ALIASES = 100

/**
 * Parses one YAML 1.2 document of plain data. Duplicate keys, tags of other languages and a second document are errors.
 *
 * No message repeats a piece of the document other than its keys: the values may be secrets.
 *
 * @param text - the document.
 * @param name - the file's name, for messages.
 * @throws ConfigError `CONFIG_INVALID`, with line and column.
 */
export function parseYaml(text: string, name: string): unknown {
  const lines = new LineCounter()
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${escapeText(name)}:${line}:${col}`
  }
  // The parser's own messages quote the document, so only their codes are used; its check of duplicates does not know the path.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, stringKeys: true })
  const problem = document.errors[0] ?? document.warnings[0]
  if (problem !== undefined)
    throw new ConfigError('CONFIG_INVALID', `${at(problem.pos[0])}: expected valid YAML, got ${problem.code}`)
  rejectDuplicates(document.contents, [], at)
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES })
  } catch {
    throw new ConfigError(
      'CONFIG_INVALID',
      `${escapeText(name)}: expected few aliases, and each after its anchor; write the values out`,
    )
  }
}

function rejectDuplicates(node: unknown, path: readonly PropertyKey[], at: (offset: number) => string): void {
  if (isAlias(node)) return
  if (isSeq(node)) {
    node.items.forEach((item, index) => {
      rejectDuplicates(item, [...path, index], at)
    })
    return
  }
  if (!isMap(node)) return
  const seen = new Set<string>()
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : ''
    const here = [...path, name]
    if (seen.has(name)) {
      const offset = isScalar(key) ? (key.range?.[0] ?? 0) : 0
      throw new ConfigError('CONFIG_INVALID', `${at(offset)}: "${formatPath(here)}" expected once, got a second time`)
    }
    seen.add(name)
    rejectDuplicates(value, here, at)
  }
}
