import type { Rule } from '../lib/rule.ts'

export const rule: Rule = {
  name: 'licence-copies',
  reads: 'dependencies',
  promise: "every publishable package carries the root's LICENSE, to the letter",
  workspace: (workspace) => {
    const texts = new Map(workspace.files(/(?:^|\/)LICENSE$/).map(({ path, text }) => [path, text]))
    const wanted = texts.get('LICENSE')
    if (wanted === undefined || !wanted.includes('Apache License'))
      return ['LICENSE expected the text of the Apache License 2.0']
    return workspace.published
      .filter(({ folder }) => texts.get(`${folder}/LICENSE`) !== wanted)
      .map(({ folder }) => `${folder}/LICENSE expected the text of LICENSE`)
  },
}
