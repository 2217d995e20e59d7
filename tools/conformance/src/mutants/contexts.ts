import type { EncryptionContext, Kms, KmsCallOptions } from '@keyfold/kms-api'

import { brokenKms } from '../in-memory/broken-kms.ts'
import type { Mutant } from './mutant.ts'

/** Passes on what `change` makes of an encryption context. */
function changing(kms: Kms, change: (context: EncryptionContext | undefined) => EncryptionContext | undefined): Kms {
  const changed = (options: KmsCallOptions = {}): KmsCallOptions => ({
    ...options,
    encryptionContext: change(options.encryptionContext),
  })
  return brokenKms(kms, {
    generateDekPair: async (kek, options) => await kms.generateDekPair(kek, changed(options)),
    decryptEdek: async (kek, edek, options) => await kms.decryptEdek(kek, edek, changed(options)),
  })
}

/** Applies to contexts that are not empty. */
function present(change: (context: EncryptionContext) => EncryptionContext | undefined) {
  return (context: EncryptionContext | undefined) =>
    context === undefined || Object.keys(context).length === 0 ? context : change(context)
}

export const contextMutants: readonly Mutant[] = [
  {
    name: 'binds the order of a context',
    clause: 'C64',
    wrap: (kms) =>
      changing(
        kms,
        present((context) => ({ all: JSON.stringify(context) })),
      ),
  },
  { name: 'drops the context', clause: 'C65', wrap: (kms) => changing(kms, () => undefined) },
  {
    name: 'binds the names of a context only',
    clause: 'C65',
    wrap: (kms) =>
      changing(
        kms,
        present((context) => Object.fromEntries(Object.keys(context).map((name) => [name, '']))),
      ),
  },
  {
    name: 'ignores a context for an EDEK without one',
    clause: 'C66',
    wrap: (kms) =>
      brokenKms(kms, {
        decryptEdek: async (kek, edek, options) =>
          await kms.decryptEdek(kek, edek, edek[0] === 1 ? options : { ...options, encryptionContext: undefined }),
      }),
  },
  {
    name: 'takes an empty context for one',
    clause: 'C67',
    wrap: (kms) =>
      changing(kms, (context) => (context !== undefined && Object.keys(context).length === 0 ? { '': '' } : context)),
  },
  {
    name: 'puts names and values in a row',
    clause: 'C68',
    wrap: (kms) =>
      changing(
        kms,
        present((context) => ({
          all: Object.entries(context)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .flat()
            .join(''),
        })),
      ),
  },
  {
    name: 'composes the letters of a context',
    clause: 'C69',
    wrap: (kms) =>
      changing(
        kms,
        present(
          (context) =>
            Object.fromEntries(
              Object.entries(context).map((pair) => pair.map((text) => text.normalize('NFC'))),
            ) as EncryptionContext,
        ),
      ),
  },
  {
    name: 'trims the values of a context',
    clause: 'C69',
    wrap: (kms) =>
      changing(
        kms,
        present((context) => Object.fromEntries(Object.entries(context).map(([name, value]) => [name, value.trim()]))),
      ),
  },
  {
    name: 'turns values of a context into strings',
    clause: 'C70',
    wrap: (kms) =>
      changing(kms, (context) =>
        context === undefined || Object.getPrototypeOf(context) !== Object.prototype
          ? context
          : Object.fromEntries(Object.entries(context).map(([name, value]) => [name, String(value as unknown)])),
      ),
  },
  {
    name: 'takes a map for an empty context',
    clause: 'C70',
    wrap: (kms) => changing(kms, (context) => ((context as unknown) instanceof Map ? undefined : context)),
  },
]
