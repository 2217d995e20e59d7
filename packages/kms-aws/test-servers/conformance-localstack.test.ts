import { describe, inject } from 'vitest'

import { describeKmsProvider } from '@keyfold/kms-test-support/vitest'
import { titleOf } from '@keyfold/servers/testing'

import { AwsFacade } from './support/aws-facade.ts'

const localstack = inject('localstack')

describe.skipIf(localstack.missing !== undefined)(titleOf('LocalStack', localstack), () => {
  describeKmsProvider(
    new AwsFacade({
      name: 'AWS KMS on LocalStack 4.13.1',
      url: localstack.url ?? '',
      account: '000000000000',
      cannot: {
        deny: 'LocalStack stores IAM and key policies, but does not enforce them',
        'delete-at-once': 'AWS KMS plans a deletion, for 7 days at least',
        'unambiguous-context': 'LocalStack binds names and values in a row, without their lengths',
      },
    }),
  )
})
