import type { Clause } from '../clause/clause.ts'
import { answers } from './answers.ts'
import { buffers } from './buffers.ts'
import { cached } from './cached.ts'
import { cancellation } from './cancellation.ts'
import { concurrency } from './concurrency.ts'
import { configuration } from './configuration.ts'
import { credentials } from './credentials.ts'
import { deks } from './deks.ts'
import { edeks } from './edeks.ts'
import { encryptionContexts } from './encryption-contexts.ts'
import { errors } from './errors.ts'
import { essentials } from './essentials.ts'
import { eventLoop } from './event-loop.ts'
import { kekOf } from './kek-of.ts'
import { keptDeks } from './kept-deks.ts'
import { keystreams } from './keystreams.ts'
import { lifecycle } from './lifecycle.ts'
import { outages } from './outages.ts'
import { purposes } from './purposes.ts'
import { rotation } from './rotation.ts'
import { selectors } from './selectors.ts'
import { shiftedResponses } from './shifted-responses.ts'
import { states } from './states.ts'
import { wrongArguments } from './wrong-arguments.ts'

/** The contract by theme. */
export const themes: Readonly<Record<string, readonly Clause[]>> = {
  'what every KMS does': essentials,
  'naming a KEK': selectors,
  'unknown, denied, unreachable': answers,
  'reading the KEK of an EDEK': kekOf,
  'hostile EDEKs': edeks,
  DEKs: deks,
  'behind the cache': cached,
  'whose bytes are whose': buffers,
  'many at once': concurrency,
  'aborts and deadlines': cancellation,
  'encryption contexts': encryptionContexts,
  rotation: rotation,
  'states of a KEK': states,
  'closing and health': lifecycle,
  'wrong arguments': wrongArguments,
  'errors and secrets': errors,
  configuration: configuration,
  'what a DEK is used for': purposes,
  'outages of a client in use': outages,
  'DEKs that were decrypted before': keptDeks,
  'responses after an abort': shiftedResponses,
  'how DEKs are wrapped': keystreams,
  'wrong credentials': credentials,
  'the event loop': eventLoop,
}

/** Every clause, in order. */
export const clauses: readonly Clause[] = Object.values(themes).flat()
