import { posix } from 'node:path'

import { isKmsError, KmsUnavailableError, UnknownAliasError, type Kek } from '@keyfold/kms-api'

import { brokenKms, failingKms } from '../in-memory/broken-kms.ts'
import type { Mutant } from './mutant.ts'

const DETAILS = { provider: 'inmemory', operation: 'resolveKek' } as const

/** Resolves what `clean` makes of a selector. */
function cleaning(name: string, clause: string, clean: (selector: string) => string): Mutant {
  return {
    name,
    clause,
    wrap: (kms) =>
      brokenKms(kms, {
        resolveKek: async (selector, options) =>
          await kms.resolveKek(typeof selector === 'string' ? clean(selector) : selector, options),
      }),
  }
}

export const selectorMutants: readonly Mutant[] = [
  {
    name: 'gives references without an id',
    clause: 'C01',
    wrap: (kms) =>
      brokenKms(kms, {
        resolveKek: async (selector, options) => ({ ...(await kms.resolveKek(selector, options)), id: '' }),
      }),
  },
  {
    name: 'says "unavailable" for an unknown name',
    clause: 'C02',
    wrap: (kms) =>
      failingKms(kms, (error) => (isKmsError(error, 'KMS_UNKNOWN_ALIAS') ? new KmsUnavailableError(DETAILS) : error)),
  },
  {
    name: 'uses the selector as the id',
    clause: 'C08',
    wrap: (kms) =>
      brokenKms(kms, {
        resolveKek: async (selector, options) =>
          Object.freeze({ ...(await kms.resolveKek(selector, options)), id: selector }),
      }),
  },
  {
    name: 'gives references that can be changed',
    clause: 'C09',
    wrap: (kms) =>
      brokenKms(kms, { resolveKek: async (selector, options) => ({ ...(await kms.resolveKek(selector, options)) }) }),
  },
  {
    name: 'says that its EDEKs can be forged',
    clause: 'C10',
    wrap: (kms) =>
      brokenKms(kms, {
        resolveKek: async (selector, options) =>
          Object.freeze({ ...(await kms.resolveKek(selector, options)), wrapping: 'public-key' }),
      }),
  },
  {
    name: 'asks the KMS for an empty name',
    clause: 'C11',
    wrap: (kms) =>
      brokenKms(kms, {
        resolveKek: async (selector, options) => await kms.resolveKek(selector === '' ? 'default' : selector, options),
      }),
  },
  {
    name: 'turns every selector into a string',
    clause: 'C12',
    wrap: (kms) =>
      brokenKms(kms, { resolveKek: async (selector, options) => await kms.resolveKek([selector].join(''), options) }),
  },
  cleaning('normalises selectors as paths', 'C13', (selector) => posix.basename(posix.normalize(selector)) || selector),
  cleaning('decodes percent signs in selectors', 'C13', (selector) =>
    selector.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16))),
  ),
  cleaning('cuts selectors at NUL', 'C14', (selector) => selector.split('\0', 1)[0] || selector),
  cleaning('reads full-width letters as others', 'C15', (selector) => selector.normalize('NFKC')),
  cleaning('drops invisible characters', 'C15', (selector) => selector.replace(/\p{Cf}/gu, '') || selector),
  {
    name: 'quotes whole selectors in messages',
    clause: 'C16',
    wrap: (kms) =>
      brokenKms(kms, {
        resolveKek: (selector, options) =>
          kms.resolveKek(selector, options).catch((error: unknown) => {
            if (error instanceof Error) error.message = `no KEK ${JSON.stringify(selector)}`
            throw error
          }),
      }),
  },
  {
    name: 'looks names up in an object',
    clause: 'C17',
    wrap: (kms) => {
      const known: Record<string, unknown> = {}
      return brokenKms(kms, {
        resolveKek: async (selector, options) =>
          known[selector] === undefined
            ? await kms.resolveKek(selector, options)
            : Object.freeze<Kek>({ provider: 'inmemory', id: selector, wrapping: 'authenticated' }),
      })
    },
  },
  cleaning('trims selectors', 'C18', (selector) => selector.trim() || selector),
  {
    name: 'remembers for ever what it did not find',
    clause: 'C23',
    wrap: (kms) => {
      const unknown = new Set<string>()
      return brokenKms(kms, {
        resolveKek: async (selector, options) => {
          if (unknown.has(selector)) throw new UnknownAliasError(selector, DETAILS)
          return await kms.resolveKek(selector, options).catch((error: unknown) => {
            if (isKmsError(error, 'KMS_UNKNOWN_ALIAS')) unknown.add(selector)
            throw error
          })
        },
      })
    },
  },
]
