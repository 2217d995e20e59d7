import type { KmsProvider } from '@keyfold/kms-api'
import provider from '@keyfold/kms-inmemory/kms-provider'

const broken: KmsProvider = {
  ...provider,
  async create(config, context) {
    setInterval(() => undefined, 60_000)
    return await provider.create(config as Parameters<typeof provider.create>[0], context)
  },
}

export default broken
