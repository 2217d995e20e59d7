import type { FaultFacade } from '@keyfold/kms-test-support/faults'
import { describeFaults } from '@keyfold/kms-test-support/vitest'

import provider from '../src/kms-provider.ts'
import { ACCOUNT, FakeAws, REGION } from './support/fake-aws.ts'
import { SECRET, TOKEN } from './support/with-fake.ts'

const aws = new FakeAws()
const deadlineMs = 1_000

const facade: FaultFacade = {
  name: 'AWS KMS',
  provider,
  deadlineMs,
  start: () => aws.start(),
  stop: () => aws.stop(),
  upstream: () => aws.url,
  kekSelector: () => 'payments',
  canaries: () => [SECRET, TOKEN],
  config: ({ origin, ca }) => ({
    region: REGION,
    account: ACCOUNT,
    endpoint: origin,
    credentials: {
      method: 'static',
      accessKeyId: { value: 'AKIATEST' },
      secretAccessKey: { value: SECRET },
      sessionToken: { value: TOKEN },
    },
    timeouts: { requestMs: deadlineMs, connectMs: deadlineMs },
    ...(ca !== undefined && { tls: { ca: { value: ca } } }),
  }),
  overrides: {},
}

describeFaults(facade)
