// Run by `node --conditions=@keyfold/source --test`, which is what a project without Vitest does.
import { describeKmsProvider } from '@keyfold/kms-test-support/node-test'

import { inMemoryFacade } from '../src/in-memory/in-memory-facade.ts'

describeKmsProvider(inMemoryFacade())
