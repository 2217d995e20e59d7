import * as z from 'zod'

const text = z.string().min(1)

/** A secret of a configuration: exactly one of `value`, `file` and `env`, a string that is not empty. Its output is what `createSecret` takes. */
export const secretSchema = z
  .union(
    [
      z.strictObject({ value: text.describe('The secret itself.') }),
      z.strictObject({
        file: text.describe('A file that holds the secret; a relative name starts beside the configuration.'),
      }),
      z.strictObject({ env: text.describe('The environment variable that holds the secret.') }),
    ],
    { error: 'expected exactly one of "value", "file" and "env", with a non-empty string' },
  )
  .describe('A secret: exactly one of value, file and env.')
