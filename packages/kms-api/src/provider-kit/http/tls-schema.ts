import * as z from 'zod'

import { secretSchema } from './secret-schema.ts'

const file = z.string().min(1)

/** The TLS settings of a provider that speaks HTTP. Its output is what `loadTlsFiles` takes. */
export const tlsSchema = z
  .strictObject({
    caFile: file
      .optional()
      .describe('A PEM file of the certificate authorities that are trusted, instead of those of Node.js.'),
    certFile: file.optional().describe('A PEM file of the client certificate, with its chain.'),
    keyFile: file.optional().describe('A PEM file of its private key, encrypted or not.'),
    keyPassphrase: secretSchema.optional().describe('Decrypts the private key.'),
    serverName: z
      .string()
      .min(1)
      .optional()
      .describe('The name that the server certificate has to bear, instead of the host of the address.'),
    minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).optional().describe('The lowest version of TLS; TLSv1.2 by default.'),
  })
  .superRefine(({ certFile, keyFile, keyPassphrase }, context) => {
    const issue = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message })
    }
    if (certFile !== undefined && keyFile === undefined)
      issue('keyFile', 'expected a file name, because "certFile" is given')
    if (keyFile !== undefined && certFile === undefined)
      issue('certFile', 'expected a file name, because "keyFile" is given')
    if (keyPassphrase !== undefined && keyFile === undefined)
      issue('keyPassphrase', 'expected to be absent without "keyFile"')
  })
  .describe('TLS. Relative file names start beside the configuration; files are read again when they have changed.')

/** TLS settings, as {@link tlsSchema} describes them. */
export type TlsConfig = z.output<typeof tlsSchema>
