import { Buffer } from 'node:buffer'

import { InvalidEdekError, isKmsError, KmsConfigError, UnknownKeyError } from '@keyfold/kms-api'
import provider from '@keyfold/kms-inmemory/kms-provider'

import { brokenKms, failingKms, hex } from '../in-memory/broken-kms.ts'
import type { Mutant } from './mutant.ts'

const TOKEN = 'hvs.CAESIK-a-token-that-nobody-may-see'

/** Arguments, errors, secrets and configuration. */
export const mannerMutants: readonly Mutant[] = [
  {
    name: 'throws synchronously',
    clause: 'C84',
    wrap: (kms) =>
      brokenKms(kms, {
        decryptEdek: (kek, edek, options) => {
          if (!(edek instanceof Uint8Array)) throw new TypeError('"edek" expected a Uint8Array')
          return kms.decryptEdek(kek, edek, options)
        },
      }),
  },
  {
    name: 'says "unknown key" for no reference',
    clause: 'C85',
    wrap: (kms) =>
      failingKms(kms, (error, operation) =>
        error instanceof TypeError ? new UnknownKeyError({ provider: 'inmemory', operation }) : error,
      ),
  },
  {
    name: 'takes anything for bytes',
    clause: 'C86',
    wrap: (kms) =>
      brokenKms(kms, {
        decryptEdek: async (kek, edek: unknown, options) => {
          if (!(edek instanceof Uint8Array))
            throw new InvalidEdekError({ provider: 'inmemory', operation: 'decryptEdek' })
          return await kms.decryptEdek(kek, edek, options)
        },
      }),
  },
  {
    name: 'does not look at the provider of a reference',
    clause: 'C87',
    wrap: (kms) =>
      brokenKms(kms, {
        generateDekPair: async (kek, options) => await kms.generateDekPair({ ...kek, provider: 'inmemory' }, options),
      }),
  },
  {
    name: 'leaks the token in a message',
    clause: 'C90',
    facade: (facade) => ({ canaries: () => [...facade.canaries(), TOKEN] }),
    wrap: (kms) =>
      failingKms(kms, (error) => {
        if (isKmsError(error, 'KMS_UNAVAILABLE')) error.message += ` (Authorization: Bearer ${TOKEN})`
        return error
      }),
  },
  {
    name: "passes on the vendor's error as the cause, with its request",
    clause: 'C90',
    facade: (facade) => ({ canaries: () => [...facade.canaries(), TOKEN] }),
    wrap: (kms) =>
      failingKms(kms, (error) => {
        if (isKmsError(error, 'KMS_ACCESS_DENIED'))
          error.cause = Object.assign(new Error('403'), { config: { headers: { 'x-token': Buffer.from(TOKEN) } } })
        return error
      }),
  },
  {
    name: 'puts the EDEK into an error',
    clause: 'C90',
    wrap: (kms) =>
      brokenKms(kms, {
        decryptEdek: (kek, edek, options) =>
          kms.decryptEdek(kek, edek, options).catch((error: unknown) => {
            throw Object.assign(error as Error, { request: { ciphertext: Buffer.from(edek).toString('base64') } })
          }),
      }),
  },
  {
    name: 'keeps its token in a property',
    clause: 'C91',
    facade: (facade) => ({ canaries: () => [...facade.canaries(), TOKEN] }),
    wrap: (kms) => Object.assign(brokenKms(kms, {}), { auth: { token: TOKEN } }),
  },
  {
    name: 'logs what it decrypts',
    clause: 'C92',
    wrap: (kms, _, { logger }) =>
      brokenKms(kms, {
        decryptEdek: async (kek, edek, options) => {
          if (edek instanceof Uint8Array) logger?.debug({ kek, edek: hex(edek) }, 'decrypting')
          return await kms.decryptEdek(kek, edek, options)
        },
      }),
  },
  {
    name: 'has a name that is none',
    clause: 'C93',
    facade: (facade) => ({ provider: { ...facade.provider, name: 'InMemory' } }),
  },
  {
    name: 'ignores unknown settings',
    clause: 'C94',
    facade: (facade) => ({
      provider: {
        ...facade.provider,
        create: async (config, context) =>
          await facade.provider.create(
            Object.fromEntries(Object.entries(config).filter(([key]) => key === 'insecure' || key === 'keks')),
            context,
          ),
      },
    }),
  },
  {
    name: 'quotes the configuration',
    clause: 'C95',
    facade: (facade) => ({
      provider: {
        ...facade.provider,
        create: (config, context) =>
          facade.provider.create(config, context).catch((error: unknown) => {
            const { message } = error as Error
            throw new KmsConfigError('', `${message}: ${JSON.stringify(config)}`, {
              provider: 'inmemory',
              operation: 'create',
            })
          }),
      },
    }),
  },
  {
    name: 'lets a TypeError out for no configuration',
    clause: 'C95',
    facade: (facade) => ({
      provider: {
        ...facade.provider,
        create: async (config, context) => {
          const { keks } = config as { readonly keks: readonly unknown[] }
          return await facade.provider.create({ ...config, keks: keks.slice() }, context)
        },
      },
    }),
  },
  {
    name: 'has a JSON Schema that describes nothing',
    clause: 'C96',
    facade: (facade) => {
      const { '~standard': standard } = provider.configSchema
      return {
        provider: {
          ...facade.provider,
          configSchema: { '~standard': { ...standard, jsonSchema: { input: () => ({}), output: () => ({}) } } },
        },
      }
    },
  },
  {
    name: 'writes defaults into the configuration',
    clause: 'C97',
    facade: (facade) => ({
      provider: {
        ...facade.provider,
        create: async (config, context) => {
          const kms = await facade.provider.create(config, context)
          Object.assign(config, { region: 'eu-central-1' })
          return kms
        },
      },
    }),
  },
  {
    name: 'reads the configuration at every call',
    clause: 'C97',
    facade: (facade) => ({
      provider: {
        ...facade.provider,
        create: async (config, context) => {
          const kms = await facade.provider.create(config, context)
          return brokenKms(kms, {
            resolveKek: async (selector, options) => {
              if (!('insecure' in config))
                throw new KmsConfigError('insecure', 'expected to be there', {
                  provider: 'inmemory',
                  operation: 'resolveKek',
                })
              return await kms.resolveKek(selector, options)
            },
          })
        },
      },
    }),
  },
  {
    name: 'leaves a rejection unhandled',
    clause: 'C02',
    wrap: (kms) =>
      brokenKms(kms, {
        resolveKek: async (selector, options) => {
          const kek = kms.resolveKek(selector, options)
          void kek.then(() => undefined)
          return await kek
        },
      }),
  },
]
