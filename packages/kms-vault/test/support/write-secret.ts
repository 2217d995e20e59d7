import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { onTestFinished } from 'vitest'

/** Writes a file that ends with the test, and gives its name. */
export async function writeSecret(text: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'keyfold-vault-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'file')
  await writeFile(file, text)
  return file
}
