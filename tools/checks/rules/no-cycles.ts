import path from 'node:path'

import ts from 'typescript'

import { filesOf } from '@keyfold/kit/workspace'

import type { Rule } from '../lib/rule.ts'

/** What each node imports, with the first import that says so. */
type Graph = Map<string, Map<string, string>>

export const rule: Rule = {
  name: 'no-cycles',
  reads: 'code',
  promise:
    'files of a package do not import each other in a circle, and neither do the folders in its src/, types included',
  workspace: (workspace) =>
    workspace.packages.flatMap((each) => {
      const root = `${each.folder}/src`
      const files: Graph = new Map()
      const folders: Graph = new Map()
      const add = (graph: Graph, from: string, to: string, why: string): void => {
        if (from === to) return
        const targets = graph.get(from) ?? new Map<string, string>()
        graph.set(from, targets.set(to, targets.get(to) ?? why))
      }
      for (const { path: file, text } of filesOf(workspace, each, /^src\/.*\.ts$/)) {
        for (const { fileName } of ts.preProcessFile(text, true, true).importedFiles) {
          if (!fileName.startsWith('.')) continue
          const to = path.posix.join(path.posix.dirname(file), fileName)
          add(files, file, to, `${file} -> ${to}`)
          // What is directly in src/ is the package's front, which hands on what the folders have: only its files count.
          const [source, target] = [path.posix.dirname(file), path.posix.dirname(to)]
          if (source !== root && target !== root) add(folders, source, target, `${file} -> ${to}`)
        }
      }
      return [...circle(files, 'files'), ...circle(folders, 'folders')]
    }),
}

/** Describes every group of nodes that reach each other. */
function circle(graph: Graph, what: string): readonly string[] {
  const reached = new Map([...graph.keys()].map((node) => [node, reachableFrom(graph, node)]))
  const groups = new Map<string, readonly string[]>()
  for (const [node, others] of reached) {
    if (!others.has(node)) continue
    const group = [...others].filter((other) => reached.get(other)?.has(node) === true).sort()
    groups.set(group.join(' '), group)
  }
  return [...groups.values()].map((group) => {
    const edges = group.flatMap((from) => [...(graph.get(from) ?? [])].filter(([to]) => group.includes(to)))
    return `${group.length} ${what} import each other: ${group.join(', ')}${edges.map(([, why]) => `\n${why}`).join('')}`
  })
}

function reachableFrom(graph: Graph, start: string): ReadonlySet<string> {
  const seen = new Set<string>()
  const todo = [...(graph.get(start)?.keys() ?? [])]
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    todo.push(...(graph.get(node)?.keys() ?? []))
  }
  return seen
}
