import { describe, expect, it } from 'vitest'

import {
  DekError,
  isDekError,
  isKmsError,
  isProviderError,
  ProviderError,
  type DekErrorCode,
  type ProviderErrorCode,
} from '../../src/index.ts'

const DEK_CODES = Object.keys({
  DEK_DESTROYED: 1,
  DEK_CLAIMED: 1,
  DEK_EXHAUSTED: 1,
  DEK_DECRYPT_ONLY: 1,
  DEK_SNAPSHOT: 1,
} satisfies Record<DekErrorCode, 1>) as DekErrorCode[]

const PROVIDER_CODES = Object.keys({
  PROVIDER_BAD_NAME: 1,
  PROVIDER_NOT_INSTALLED: 1,
  PROVIDER_NOT_A_PROVIDER: 1,
  PROVIDER_CONTRACT: 1,
  PROVIDER_LOAD_FAILED: 1,
} satisfies Record<ProviderErrorCode, 1>) as ProviderErrorCode[]

describe('an error of a DEK', () => {
  it.each(DEK_CODES)('of code %s has a message of its own and is recognised by it', (code) => {
    const error = new DekError(code)
    expect(error).toMatchObject({ name: 'DekError', code })
    expect(error.message).toMatch(/DEK/)
    expect(DEK_CODES.filter((other) => isDekError(error, other))).toEqual([code])
    expect([isDekError(error), isKmsError(error), isProviderError(error)]).toEqual([true, false, false])
  })
})

describe('an error of a provider package', () => {
  it.each(PROVIDER_CODES)('of code %s keeps the name that was asked for and its cause', (code) => {
    const cause = new Error('why')
    const error = new ProviderError(code, 'aws', 'message', { cause })
    expect(error).toMatchObject({ name: 'ProviderError', code, providerName: 'aws', message: 'message', cause })
    expect(new ProviderError(code, 'aws', 'message')).not.toHaveProperty('cause')
    expect(PROVIDER_CODES.filter((other) => isProviderError(error, other))).toEqual([code])
    expect([isProviderError(error), isKmsError(error), isDekError(error)]).toEqual([true, false, false])
  })

  it('is nothing that merely has the code', () => {
    expect([isProviderError({ code: 'PROVIDER_CONTRACT' }), isDekError({ code: 'DEK_CLAIMED' })]).toEqual([
      false,
      false,
    ])
  })
})
