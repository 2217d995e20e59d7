import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

import { npm } from '@keyfold/kit/npm'
import { run } from '@keyfold/kit/run'
import type { ScratchRepository } from '@keyfold/kit/scratch-repository'
import { withTemporaryFolder } from '@keyfold/kit/temporary-folder'

/** Installs the tarballs of a provider and of the contract into an empty project and loads the provider there. Gives what went wrong. */
export async function loadPacked(scratch: ScratchRepository, folder: string, name: string): Promise<readonly string[]> {
  return withTemporaryFolder('project', async (project) => {
    for (const each of [folder, path.join(scratch.root, 'packages', 'kms-api')])
      await npm(['pack', '--ignore-scripts', '--pack-destination', project], { cwd: each })
    const tarballs = (await readdir(project)).filter((file) => file.endsWith('.tgz')).map((file) => `./${file}`)
    await writeFile(path.join(project, 'package.json'), '{ "private": true, "type": "module" }')
    await npm(['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs], {
      cwd: project,
    })
    await writeFile(path.join(project, 'load.mjs'), script(name))
    const { stdout, stderr } = await run(process.execPath, ['load.mjs'], { cwd: project })
    return stdout.trim() === 'loaded' ? [] : [`${stdout}${stderr}`.slice(-2000)]
  })
}

function script(name: string): string {
  return `import { isKmsError } from '@keyfold/kms-api'
import { listKmsProviders, loadKmsProvider } from '@keyfold/kms-api/discovery'

const listed = await listKmsProviders({ from: import.meta.url })
if (!listed.includes('${name}')) throw new Error('listed: ' + listed.join())
for (const name of ['${name}', '@keyfold/kms-${name}']) {
  const provider = await loadKmsProvider(name, { from: import.meta.url })
  if (provider.name !== '${name}') throw new Error('provider.name: ' + provider.name)
  const kms = await provider.create({ address: 'https://kms.example', token: { value: 'a token' } }, { baseDirectory: import.meta.dirname })
  try {
    kms.kekOf(new Uint8Array(3))
    throw new Error('kekOf expected to throw')
  } catch (error) {
    if (!isKmsError(error, 'KMS_INVALID_EDEK')) throw error
  }
  await kms.close()
}
console.log('loaded')
`
}
