import { exec } from 'node:child_process'
import { promisify } from 'node:util'

import { cleanSecret } from './check-credentials.ts'
import { parseObject } from './parse-object.ts'
import { SourceFailure } from './source-failure.ts'
import type { Credentials, Source } from './source.ts'

const run = promisify(exec)
const MAX_BYTES = 64 * 1_024

/**
 * Creates a source that runs the `credential_process` of a profile, in a shell, as AWS documents it. The program ends with the attempt.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export function processSource(command: string): Source {
  return async ({ signal }) => {
    let output: string
    try {
      output = (await run(command, { signal, maxBuffer: MAX_BYTES, windowsHide: true })).stdout
    } catch (error) {
      signal.throwIfAborted()
      // Its message repeats the command, and what the program wrote.
      const { code } = error as { readonly code?: unknown }
      const reason = typeof code === 'number' ? `CREDENTIAL_PROCESS_EXIT_${code}` : 'CREDENTIAL_PROCESS_FAILED'
      throw new SourceFailure('rejected', { tried: ['credential_process'], reason })
    }
    return parse(output)
  }
}

function parse(output: string): Credentials {
  const { Version, AccessKeyId, SecretAccessKey, SessionToken, Expiration } = parseObject(output)
  const expiration = typeof Expiration === 'string' ? new Date(Expiration) : undefined
  if (
    Version !== 1 ||
    typeof AccessKeyId !== 'string' ||
    typeof SecretAccessKey !== 'string' ||
    (expiration !== undefined && !(expiration.getTime() > Date.now()))
  )
    throw new SourceFailure('rejected', { tried: ['credential_process'], reason: 'CREDENTIAL_PROCESS_OUTPUT' })
  return {
    accessKeyId: cleanSecret(AccessKeyId, 'credential_process'),
    secretAccessKey: cleanSecret(SecretAccessKey, 'credential_process'),
    ...(typeof SessionToken === 'string' && { sessionToken: cleanSecret(SessionToken, 'credential_process') }),
    ...(expiration !== undefined && { expiration }),
  }
}
