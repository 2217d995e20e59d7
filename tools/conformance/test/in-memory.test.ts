import { describeKmsProvider } from '@keyfold/kms-test-support/vitest'

import { inMemoryFacade } from '../src/in-memory/in-memory-facade.ts'

describeKmsProvider(inMemoryFacade())
