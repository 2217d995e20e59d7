import * as z from 'zod'

import { createSecret, type Edek, type KekHint, type Kms, type KmsContext, type KmsProvider } from '@keyfold/kms-api'
import { createKms, parseConfig, secretSchema } from '@keyfold/kms-api/provider-kit'

import { kekIdOf, PROVIDER } from './edek.ts'
import { HttpOperations } from './http-operations.ts'
import { agentFor, type Sender } from './send.ts'

const configSchema = z.strictObject({
  address: z.url({ protocol: /^https?$/ }),
  ca: z.string().optional(),
  token: secretSchema,
  timeoutMs: z.int().min(1).max(60_000).default(5_000),
})

type HttpConfig = z.output<typeof configSchema>

const provider: KmsProvider<HttpConfig> = httpProvider((sender) => sender)

/** Makes the provider, or one that sends in another way. */
export function httpProvider(change: (sender: Sender, config: HttpConfig) => Sender): KmsProvider<HttpConfig> {
  return {
    name: PROVIDER,
    contract: 1,
    configSchema,

    async create(config: object, { baseDirectory }: KmsContext): Promise<Kms> {
      const checked = await parseConfig(configSchema, config, { provider: PROVIDER })
      const { address: origin, ca, token, timeoutMs } = checked
      const secret = await createSecret(token, { baseDirectory, path: 'token', provider: PROVIDER }).reveal()
      const sender = change({ origin, token: secret, timeoutMs, agent: agentFor(origin, ca) }, checked)
      return createKms(new HttpOperations(sender))
    },

    readEdek(edek: Edek): KekHint | undefined {
      const id = kekIdOf(edek)
      return id === undefined ? undefined : { provider: PROVIDER, id }
    },
  }
}

export default provider
