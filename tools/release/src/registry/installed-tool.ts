import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { npm } from '@keyfold/kit/npm'

/**
 * Installs what `tools/release/<name>/` locks into the ignored folder `.keyfold/release/<name>`, unless it is there already, so that it stays
 * apart from the repository's own dependencies.
 *
 * @returns the folder with its `node_modules`.
 */
export async function installedTool(root: string, name: string): Promise<string> {
  const source = path.join(root, 'tools', 'release', name)
  const folder = path.join(root, '.keyfold', 'release', name)
  const lock = await readFile(path.join(source, 'package-lock.json'))
  const wanted = createHash('sha256').update(lock).digest('hex')
  const stamp = path.join(folder, 'node_modules', '.keyfold-lock-sha256')
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return folder
  await mkdir(folder, { recursive: true })
  for (const file of ['package.json', 'package-lock.json'])
    await copyFile(path.join(source, file), path.join(folder, file))
  // With the user's own configuration: the registry that they have.
  await npm(['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: folder })
  await mkdir(path.dirname(stamp), { recursive: true })
  await writeFile(stamp, wanted)
  return folder
}
