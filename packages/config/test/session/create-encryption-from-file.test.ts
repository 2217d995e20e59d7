import { Buffer } from 'node:buffer'
import { pathToFileURL } from 'node:url'

import { describe, expect, test } from 'vitest'

import { isKmsError, isProviderError } from '@keyfold/kms-api'

import { ConfigError, createEncryptionFromFile } from '../../src/index.ts'
import { CONFIG, failingProvider, installProvider, makeConfigured, makeFolder } from '../support/folder.ts'

const RECORD = { key: Buffer.from('k'), value: Buffer.from('42.00 EUR') }

describe('record encryption from a file', () => {
  test.each([
    ['a path', (path: string) => path],
    ['a file URL', (path: string) => pathToFileURL(path)],
  ])('that is named by %s encrypts and decrypts', async (_, named) => {
    const folder = await makeConfigured()
    await using session = await createEncryptionFromFile(named(folder.file('keyfold.yaml')))
    const encrypted = await session.encryption.encrypt('payments.eu', [RECORD])
    expect(Buffer.from(encrypted[0]!.value!).includes('42.00 EUR')).toBe(false)
    const [record] = await session.encryption.decrypt('payments.eu', encrypted)
    expect(Buffer.from(record!.value!).toString()).toBe('42.00 EUR')
    expect(await session.kms.resolveKek('KEK-payments.eu')).toMatchObject({ provider: 'inmemory' })
  })

  test('closes its KMS client with it, once', async () => {
    const folder = await makeConfigured()
    const { kms, encryption, close } = await createEncryptionFromFile(folder.file('keyfold.yaml'))
    await close()
    await close()
    await expect(kms.resolveKek('KEK-orders')).rejects.toMatchObject({ code: 'KMS_CLOSED' })
    await expect(encryption.encrypt('orders', [RECORD])).rejects.toMatchObject({ code: 'ENCRYPTION_CLOSED' })
  })

  test('takes a handler for records that cannot be decrypted, which no file can hold', async () => {
    const folder = await makeConfigured()
    const onDecryptError = () => undefined
    await using session = await createEncryptionFromFile(folder.file('keyfold.yaml'), { onDecryptError })
    expect(await session.encryption.decrypt('orders', [RECORD])).toEqual([])
  })

  test('uses the provider beside the file, then the one beside the application', async () => {
    const folder = await makeConfigured(CONFIG.replace('inmemory', 'other'))
    const file = folder.file('keyfold.yaml')
    await expect(createEncryptionFromFile(file)).rejects.toSatisfy((e) => isProviderError(e, 'PROVIDER_NOT_INSTALLED'))
    const application = await makeFolder()
    const from = pathToFileURL(application.file('main.js'))
    const error = "new api.KmsUnavailableError({ provider: 'other', operation })"
    await installProvider(application, 'other', failingProvider('other', error))
    await using session = await createEncryptionFromFile(file, { from })
    await expect(session.kms.resolveKek('x')).rejects.toSatisfy((e) => isKmsError(e, 'KMS_UNAVAILABLE'))
  })
})

describe('a file that cannot be used', () => {
  test.each([
    [
      'is missing',
      undefined,
      'CONFIG_UNREADABLE',
      /none\.yaml: the configuration cannot be read: no such file \(ENOENT\)$/,
    ],
    ['is empty', '', 'CONFIG_INVALID', /keyfold\.yaml: the configuration is empty$/],
    ['holds comments only', '# nothing\n', 'CONFIG_INVALID', /keyfold\.yaml: the configuration is empty$/],
    ['is no YAML', 'kms: [1,\n', 'CONFIG_INVALID', /expected valid YAML/],
    ['has an unknown key', `${CONFIG}kmss: 1\n`, 'CONFIG_INVALID', /"kmss"/],
    [
      'has a rule that cannot be compiled',
      CONFIG.replace('match: orders', 'match: "(a|b)"'),
      'CONFIG_INVALID',
      /topics\[2\]/,
    ],
  ])('because it %s rejects with its code and what is wrong', async (_, text, code, message) => {
    const folder = await makeConfigured(text)
    const error = await createEncryptionFromFile(folder.file(text === undefined ? 'none.yaml' : 'keyfold.yaml')).catch(
      (e: unknown) => e,
    )
    expect(error).toBeInstanceOf(ConfigError)
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string })
  })

  test('because its path leads through a file rejects, and a relative name is shown with the folder it starts in', async () => {
    const folder = await makeConfigured()
    const below = folder.file('keyfold.yaml/none.yaml')
    await expect(createEncryptionFromFile(below)).rejects.toThrow(
      `${below}: the configuration cannot be read: a part of the path is not a folder (ENOTDIR)`,
    )
    await expect(createEncryptionFromFile('none.yaml')).rejects.toThrow(
      `none.yaml: the configuration cannot be read: no such file (ENOENT); a relative name starts at "${process.cwd()}"`,
    )
  })

  test('because others may write it rejects before anything of its provider runs', async () => {
    const folder = await makeFolder()
    await folder.write('keyfold.yaml', CONFIG, 0o666)
    await expect(createEncryptionFromFile(folder.file('keyfold.yaml'))).rejects.toMatchObject({
      code: 'CONFIG_UNTRUSTED',
    })
  })
})
