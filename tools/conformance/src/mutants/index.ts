import { answerMutants } from './answers.ts'
import { bufferMutants } from './buffers.ts'
import { cancellationMutants } from './cancellation.ts'
import { contextMutants } from './contexts.ts'
import { credentialMutants } from './credentials.ts'
import { dekMutants } from './deks.ts'
import { edekMutants } from './edeks.ts'
import { eventLoopMutants } from './event-loop.ts'
import { ivMutants } from './ivs.ts'
import { keptMutants } from './kept.ts'
import { lifecycleMutants } from './lifecycle.ts'
import { mannerMutants } from './manners.ts'
import type { Mutant } from './mutant.ts'
import { outageMutants } from './outages.ts'
import { selectorMutants } from './selectors.ts'
import { shiftedMutants } from './shifted.ts'
import { versionMutants } from './versions.ts'

/** Every broken provider. */
export const mutants: readonly Mutant[] = [
  ...selectorMutants,
  ...answerMutants,
  ...edekMutants,
  ...dekMutants,
  ...bufferMutants,
  ...cancellationMutants,
  ...contextMutants,
  ...versionMutants,
  ...lifecycleMutants,
  ...mannerMutants,
  ...outageMutants,
  ...keptMutants,
  ...shiftedMutants,
  ...ivMutants,
  ...credentialMutants,
  ...eventLoopMutants,
]
