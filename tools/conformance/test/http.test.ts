import { describeFaults, describeKmsProvider } from '@keyfold/kms-test-support/vitest'

import { httpFacade, httpFaultFacade } from '../src/http/http-facade.ts'

describeKmsProvider(httpFacade())
describeFaults(httpFaultFacade())
