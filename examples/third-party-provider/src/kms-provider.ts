import { resolve } from 'node:path'

import * as z from 'zod'

import { createSecret, type Edek, type KekHint, type Kms, type KmsContext, type KmsProvider } from '@keyfold/kms-api'
import { createKms, parseConfig, secretSchema } from '@keyfold/kms-api/provider-kit'

import { decodeEdek, PROVIDER } from './edek.ts'
import { JsonFileOperations } from './json-file-operations.ts'
import { readWithNode, type ReadFile } from './key-file.ts'
import { revealMasterKey } from './master-key.ts'

const configSchema = z.strictObject({
  file: z.string().min(1).describe('The file of KEKs; a relative name starts beside the configuration.'),
  masterKey: secretSchema.describe('The base64 of the 32 bytes under which the KEKs of the file are encrypted.'),
})

/** A key management system in one JSON file. */
const provider: KmsProvider<z.output<typeof configSchema>> = {
  name: PROVIDER,
  contract: 1,
  configSchema,

  async create(given: object, { baseDirectory, clients }: KmsContext): Promise<Kms> {
    const config = await parseConfig(configSchema, given, { provider: PROVIDER })
    const masterKey = createSecret(config.masterKey, { baseDirectory, path: 'masterKey', provider: PROVIDER })
    // A wrong key is found now, and not with the first record.
    const bytes = await revealMasterKey(masterKey, { provider: PROVIDER, operation: 'create' })
    bytes.fill(0)
    const read = typeof clients?.['readFile'] === 'function' ? (clients['readFile'] as ReadFile) : readWithNode
    return createKms(new JsonFileOperations({ path: resolve(baseDirectory, config.file), masterKey, read }))
  },

  readEdek(edek: Edek): KekHint | undefined {
    const fields = decodeEdek(edek)
    return fields && { provider: PROVIDER, id: fields.kekId }
  },
}

export default provider
