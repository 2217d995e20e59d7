import { createServer } from 'node:net'

import type { KmsProvider } from '@keyfold/kms-api'
import provider from '@keyfold/kms-inmemory/kms-provider'

const broken: KmsProvider = {
  ...provider,
  async create(config, context) {
    await new Promise<void>((resolve) => createServer().listen(0, '127.0.0.1', resolve))
    return await provider.create(config as Parameters<typeof provider.create>[0], context)
  },
}

export default broken
