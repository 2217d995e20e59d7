// A broken provider under `node:test`: the run has to fail.
import { describeKmsProvider } from '@keyfold/kms-test-support/node-test'

import { inMemoryFacade } from '../src/in-memory/in-memory-facade.ts'
import { mutants } from '../src/mutants/index.ts'

const mutant = mutants.find(({ name }) => name === 'drops the context')
if (mutant === undefined) throw new TypeError('expected the mutant "drops the context"')
describeKmsProvider(inMemoryFacade(mutant))
