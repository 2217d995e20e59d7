import { describe, inject } from 'vitest'

import { describeKmsProvider } from '@keyfold/kms-test-support/vitest'
import { titleOf } from '@keyfold/servers/testing'

import { AwsFacade } from './support/aws-facade.ts'
import { deniedByMoto } from './support/moto-iam.ts'

const moto = inject('moto')

describe.skipIf(moto.missing !== undefined)(titleOf('moto', moto), () => {
  describeKmsProvider(
    new AwsFacade({
      name: 'AWS KMS on moto 5.2.5',
      url: moto.url ?? '',
      account: '123456789012',
      cannot: {
        version: 'moto does not answer with CurrentKeyMaterialId',
        disable: 'moto stores the state of a key, but does not enforce it',
        delete: 'moto stores that a key is to be deleted, but does not enforce it',
        'delete-at-once': 'AWS KMS plans a deletion, for 7 days at least',
        'unambiguous-context': 'moto binds names and values in a row, without their lengths',
      },
      denied: (facade) => deniedByMoto(moto.url ?? '', facade),
    }),
  )
})
