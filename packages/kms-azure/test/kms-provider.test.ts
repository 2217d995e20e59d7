import { execFileSync } from 'node:child_process'

import { describe, expect, test } from 'vitest'

/** Prints which modules of the SDK are loaded by importing the provider. */
const PROGRAM = `
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load: (url, context, next) => { if (url.includes('/@azure/')) loaded.push(url); return next(url, context) } })
await import(${JSON.stringify(new URL('../src/kms-provider.ts', import.meta.url).href)})
await import(${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)})
console.log(loaded.length)
`

describe('importing the provider', () => {
  test('loads nothing of the SDK', () => {
    const options = ['--conditions=@keyfold/source', '--input-type=module', '-e', PROGRAM]
    expect(execFileSync(process.execPath, options, { encoding: 'utf8', cwd: import.meta.dirname }).trim()).toBe('0')
  })
})
