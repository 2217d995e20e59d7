import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { loadKmsProvider } from '@keyfold/kms-api/discovery'

import { KeyFileAdmin } from './src/key-file-admin.ts'

const folder = await mkdtemp(join(tmpdir(), 'kms-jsonfile-'))
try {
  // What the operator does once.
  const masterKey = randomBytes(32)
  const admin = new KeyFileAdmin(join(folder, 'keys.json'), masterKey)
  await admin.init()
  await admin.create('payments')

  // What an application does: the provider is a package that Keyfold does not know, named in full.
  const provider = await loadKmsProvider('@acme/kms-jsonfile', { from: import.meta.url })
  await using kms = await provider.create(
    { file: 'keys.json', masterKey: { value: Buffer.from(masterKey).toString('base64') } },
    { baseDirectory: folder },
  )
  const kek = await kms.resolveKek('payments')
  const { dek, edek } = await kms.generateDekPair(kek, { encryptionContext: { topic: 'payments' } })
  using again = await kms.decryptEdek(kms.kekOf(edek), edek, { encryptionContext: { topic: 'payments' } })
  console.log(
    `${provider.name}: an EDEK of ${edek.length} bytes, ${again.origin} with version ${kek.version ?? ''} of its KEK`,
  )
  dek.destroy()
} finally {
  await rm(folder, { recursive: true })
}
