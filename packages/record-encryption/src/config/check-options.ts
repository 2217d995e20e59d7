import { recordEncryptionOptionsSchema } from './schemas.ts'

/** Checks options of the API. @throws TypeError for the first that is wrong, naming its path. */
export function checkOptions(options: unknown): void {
  const result = recordEncryptionOptionsSchema.safeParse(options)
  if (result.success) return
  const issue = result.error.issues[0] as (typeof result.error.issues)[number]
  const path = pathText(issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] as string] : issue.path)
  const problem =
    issue.code === 'unrecognized_keys' ? 'expected to be absent: there is no such option' : problemOf(issue.message)
  throw new TypeError(`"${path}" ${problem}`)
}

/** zod's own messages say what is wrong first ("Too small: expected …") and "received" for "got". */
function problemOf(message: string): string {
  return message.replace(/^[A-Z][a-z]+(?: [a-z]+)*: /, '').replace(', received ', ', got ')
}

function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
  return text === '' ? 'options' : text.replace(/^\./, '')
}
