import * as z from 'zod'

import { secretSchema } from '@keyfold/kms-api/provider-kit'

import { isMountPath, withoutFinalSlash } from '../names.ts'

/** The path of a mount or a namespace. */
export const mountPath = z.string().refine((path) => isMountPath(withoutFinalSlash(path)), {
  error: 'expected a path such as "transit" or "team/transit": letters, digits and "_", with "-", "." and "~" inside',
})

const username = z.string().regex(/^[A-Za-z0-9_](?:[A-Za-z0-9_.@-]*[A-Za-z0-9_])?$/, {
  error: 'expected letters, digits and "_", with "-", "." and "@" inside',
})

const name = z.string().min(1).max(512)
const role = name.describe('The role to log in with.')

function authMount(usual: string) {
  return mountPath.optional().describe(`Where the auth method is mounted; "${usual}" by default.`)
}

/** How the provider gets its token: exactly one way. */
export const authSchema = z
  .discriminatedUnion('method', [
    z
      .strictObject({
        method: z.literal('token'),
        token: secretSchema,
        renew: z
          .boolean()
          .optional()
          .describe('Whether to renew the token; by default unless it stands in a file, which somebody else renews.'),
      })
      .describe('A token. A file or variable is read again when the token ends or is refused.'),
    z
      .strictObject({
        method: z.literal('approle'),
        mount: authMount('approle'),
        roleId: secretSchema,
        secretId: secretSchema.optional(),
        wrapped: z
          .boolean()
          .optional()
          .describe('Says that "secretId" is the token of a response-wrapped secret id, which is unwrapped once.'),
      })
      .describe('AppRole.'),
    z
      .strictObject({
        method: z.literal('kubernetes'),
        mount: authMount('kubernetes'),
        role,
        jwt: secretSchema
          .optional()
          .describe('The token of the service account, read at each login; by default where Kubernetes puts it.'),
      })
      .describe('Kubernetes service accounts.'),
    z
      .strictObject({ method: z.literal('jwt'), mount: authMount('jwt'), role: role.optional(), jwt: secretSchema })
      .describe('A JWT, for example of a CI system, read at each login.'),
    z
      .strictObject({
        method: z.literal('cert'),
        mount: authMount('cert'),
        role: role.optional().describe('The certificate role; by default any that the certificate fits.'),
      })
      .describe('The client certificate of "tls".'),
    z
      .strictObject({
        method: z.literal('userpass'),
        mount: authMount('userpass'),
        username,
        password: secretSchema,
      })
      .describe('A user name and its password.'),
  ])
  .superRefine((auth, context) => {
    if (auth.method === 'approle' && auth.wrapped === true && auth.secretId === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['secretId'],
        message: 'expected the wrapping token, because "wrapped" is true',
      })
    }
  })

/** How the provider gets its token. */
export type AuthConfig = z.output<typeof authSchema>
