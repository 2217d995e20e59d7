import { stat, writeFile } from 'node:fs/promises'

import { afterAll, describe, expect, test } from 'vitest'

import { line, makeConfigured, ndjson } from '../../../config/test/support/folder.ts'
import { ended, start } from '../support/spawn.ts'

const HUNDRED = ndjson(...Array.from({ length: 100 }, (_, i) => line('orders', `${i} ${'x'.repeat(100)}`)))

/** Starts encrypting an input that does not end, and waits until `bytes` of it are in. */
async function startWriting(cwd: string, hundreds: number) {
  const child = start(['encrypt', '-c', 'keyfold.yaml', '-o', 'out.ndjson', '--log-level', 'silent'], { cwd })
  child.stdin!.on('error', () => undefined)
  const over = ended(child)
  for (let i = 0; i < hundreds; i++)
    await new Promise<void>((done) =>
      child.stdin!.write(HUNDRED, () => {
        done()
      }),
    )
  return { child, over }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate)
}

describe('a signal while an output file is being written', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s removes the temporary file and ends the process as that signal does',
    async (signal) => {
      const folder = await makeConfigured()
      const { child, over } = await startWriting(folder.path, 20)
      await until(async () => (await folder.names()).some((name) => name.endsWith('.tmp')))
      child.kill(signal)
      expect(await over).toMatchObject({ code: null, signal })
      expect(await folder.names()).toEqual(['keyfold.yaml'])
    },
  )

  test('a temporary file is readable for its owner alone', async () => {
    const folder = await makeConfigured()
    const { child, over } = await startWriting(folder.path, 20)
    await until(async () => (await folder.names()).some((name) => name.endsWith('.tmp')))
    const temporary = (await folder.names()).find((name) => name.endsWith('.tmp'))!
    expect((await stat(folder.file(temporary))).mode & 0o777).toBe(0o600)
    child.kill('SIGTERM')
    await over
  })
})

describe('killed outright', () => {
  let temporaries = 0
  afterAll(() => {
    // Else all of them were killed before they wrote, or after.
    expect(temporaries).toBeGreaterThan(0)
  })

  test.each(Array.from({ length: 20 }, (_, point) => point))(
    'at point %i there is no output file, and the older one is whole',
    async (point) => {
      const folder = await makeConfigured()
      await writeFile(folder.file('out.ndjson'), 'older')
      const { child, over } = await startWriting(folder.path, 1 + point * 3)
      // Odd points end the input as well, so that some kills meet the flush and the rename.
      if (point % 2 === 1) child.stdin!.end()
      for (let turn = 0; turn < point * 40; turn++) await new Promise(setImmediate)
      child.kill('SIGKILL')
      await over
      temporaries += (await folder.names()).filter((name) => name.endsWith('.tmp')).length
      const left = await folder.read('out.ndjson')
      // Whoever ended its input may have been done before it was killed: then the file is whole.
      if (left !== 'older') expect(left.trimEnd().split('\n')).toHaveLength((1 + point * 3) * 100)
      if (point % 2 === 0) expect(left).toBe('older')
    },
  )
})
