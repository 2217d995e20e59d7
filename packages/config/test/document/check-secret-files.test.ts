import { chmod, mkdir } from 'node:fs/promises'

import { expect, test, vi } from 'vitest'

import { checkSecretFiles } from '../../src/document/check-secret-files.ts'
import { makeFolder } from '../support/folder.ts'

const CONFIG = {
  address: 'https://vault:8200',
  tls: { caFile: 'ca.pem' },
  auth: { method: 'token', token: { file: 'token' } },
  keks: [{ versions: [{ env: 'KEYFOLD_TEST_KEK' }, { value: 'x' }] }],
}

test('secrets that are there and closed to others have no findings', async () => {
  const folder = await makeFolder()
  await folder.write('token', 'secret', 0o600)
  await folder.write('ca.pem', 'public', 0o644)
  vi.stubEnv('KEYFOLD_TEST_KEK', 'set')
  expect(await checkSecretFiles(CONFIG, folder.path)).toEqual([])
  vi.stubEnv('KEYFOLD_TEST_KEK', '')
  expect(await checkSecretFiles(CONFIG, folder.path)).toEqual([
    {
      fatal: true,
      message: '"kms.config.keks[0].versions[0]" names the environment variable KEYFOLD_TEST_KEK, which is not set',
    },
  ])
  vi.unstubAllEnvs()
})

test.each([
  ['token', 0o666, true, 'which others may read and write (mode 0666); type: chmod o-rw '],
  ['token', 0o602, true, 'which others may read and write (mode 0602); type: chmod o-rw '],
  ['token', 0o644, false, 'which others may read (mode 0644); type: chmod o-r '],
  ['ca.pem', 0o666, true, 'which others may write (mode 0666); type: chmod o-w '],
])('%s of mode %o is found, and no value is shown', async (name, mode, fatal, problem) => {
  const folder = await makeFolder()
  await folder.write('token', 'secret', 0o600)
  await folder.write('ca.pem', 'secret', 0o600)
  await chmod(folder.file(name), mode)
  const [finding, ...others] = await checkSecretFiles({ ...CONFIG, keks: [] }, folder.path)
  expect(others).toEqual([])
  const where = name === 'token' ? 'auth.token' : 'tls.caFile'
  expect(finding).toEqual({
    fatal,
    message: `"kms.config.${where}" names the file "${folder.file(name)}", ${problem}${folder.file(name)}`,
  })
})

test('a file that is missing or a folder is named with its path', async () => {
  const folder = await makeFolder()
  await mkdir(folder.file('token'))
  const findings = await checkSecretFiles({ ...CONFIG, keks: [] }, folder.path)
  expect(findings).toEqual([
    {
      fatal: true,
      message: `"kms.config.tls.caFile" names the file "${folder.file('ca.pem')}", which cannot be read: no such file`,
    },
    { fatal: true, message: `"kms.config.auth.token" names "${folder.file('token')}", which is a folder` },
  ])
})
