import path from 'node:path'

import { withoutFences } from '../lib/markdown.ts'
import type { Rule } from '../lib/rule.ts'

/** `[test](../packages/a/test/b.test.ts) "title"`, as docs/threat-model.md writes it. */
const NAMED = /\[test\]\(([^)\s]+)\)(?:\s+"([^"\n]+)")?/g

export const rule: Rule = {
  name: 'docs-tests',
  reads: 'docs',
  promise:
    'every test that the documentation names stands in the file that it links to, under the title that it quotes',
  workspace: (workspace) => {
    const texts = new Map(workspace.files(/\.test\.ts$/).map((file) => [file.path, file.text]))
    return workspace.files(/\.md$/).flatMap((file) =>
      withoutFences(file.text)
        .split('\n')
        .flatMap((line, index) =>
          [...line.matchAll(NAMED)].flatMap(([, target = '', title]) => {
            const place = `${file.path}:${index + 1}`
            const to = path.posix.join(path.posix.dirname(file.path), target)
            const text = texts.get(to)
            if (title === undefined)
              return [`${place} links to a test in ${to} and expected its title in quotes behind the link`]
            if (text === undefined) return [`${place} names a test in ${to}, which is no file of tests`]
            return text.includes(title) || text.includes(title.replaceAll("'", String.raw`\'`))
              ? []
              : [`${place} names the test "${title}", which ${to} does not have`]
          }),
        ),
    )
  },
}
