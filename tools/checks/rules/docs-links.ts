import { existsSync } from 'node:fs'
import path from 'node:path'

import { anchorOf, sectionsOf, withoutFences } from '../lib/markdown.ts'
import type { Rule } from '../lib/rule.ts'

export const rule: Rule = {
  name: 'docs-links',
  reads: 'docs',
  promise: 'every relative link of the documentation leads to a file, and to a heading where it names one',
  workspace: (workspace) =>
    workspace.files(/\.md$/).flatMap((file) =>
      withoutFences(file.text)
        .replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length))
        .split('\n')
        .flatMap((text, index) =>
          [...text.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].flatMap((match) => {
            const target = match[1] ?? ''
            if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return []
            const [place = '', anchor] = target.split('#')
            const to =
              place === '' ? file.path : path.posix.join(path.posix.dirname(file.path), decodeURIComponent(place))
            if (to.startsWith('..') || !existsSync(path.join(workspace.root, to)))
              return [`${file.path}:${index + 1} links to "${target}", which does not exist`]
            if (anchor === undefined || !to.endsWith('.md')) return []
            const [page] = workspace.files(/\.md$/).filter((each) => each.path === to)
            const found =
              page !== undefined && sectionsOf(page.text).some(({ heading }) => anchorOf(heading) === anchor)
            return found ? [] : [`${file.path}:${index + 1} links to "${target}", and ${to} has no such heading`]
          }),
        ),
    ),
}
