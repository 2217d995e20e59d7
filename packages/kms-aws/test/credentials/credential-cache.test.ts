import { describe, expect, it } from 'vitest'

import { CredentialCache } from '../../src/credentials/credential-cache.ts'
import type { Attempt, Credentials } from '../../src/credentials/source.ts'

const START = Date.UTC(2026, 0, 1)

function setUp(ttlMs: number | undefined) {
  let now = START
  const state = { fetched: 0, failing: false, hold: undefined as Promise<void> | undefined }
  const fetch = async (): Promise<Credentials> => {
    const number = ++state.fetched
    await state.hold
    if (state.failing) throw new Error('down')
    return {
      accessKeyId: `AKIA${number}`,
      secretAccessKey: 's',
      ...(ttlMs !== undefined && { expiration: new Date(now + ttlMs) }),
    }
  }
  const logged: string[] = []
  const log = (fields: object, message = ''): void => {
    logged.push(`${message} ${JSON.stringify(fields)}`)
  }
  const cache = new CredentialCache(
    fetch,
    { now: () => now, monotonic: () => now },
    { debug: log, info: log, warn: log, error: log },
  )
  return {
    cache,
    state,
    logged,
    advance: (ms: number) => {
      now += ms
    },
    key: async () => (await cache.get()).accessKeyId,
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('kept credentials', () => {
  it('are fetched once for a thousand callers', async () => {
    const { cache, state } = setUp(3_600_000)
    const all = await Promise.all(Array.from({ length: 1_000 }, () => cache.get()))
    expect(state.fetched).toBe(1)
    expect(new Set(all.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(['AKIA1']))
  })

  it('are renewed in the background at four fifths of their life, and nobody waits', async () => {
    const { state, advance, key } = setUp(1_000_000)
    expect(await key()).toBe('AKIA1')
    advance(790_000)
    expect(await key()).toBe('AKIA1')
    advance(10_000)
    expect(await key()).toBe('AKIA1')
    await settled()
    expect(state.fetched).toBe(2)
    expect(await key()).toBe('AKIA2')
  })

  it('are used until they expire when they cannot be renewed, with a pause between the attempts', async () => {
    const { state, advance, key, logged } = setUp(1_000_000)
    await key()
    state.failing = true
    advance(810_000)
    for (let i = 0; i < 50; i++) expect(await key()).toBe('AKIA1')
    await settled()
    expect(state.fetched).toBe(2)
    expect(logged).toEqual([expect.stringMatching(/^the credentials could not be renewed/)])
    advance(5_000)
    expect(await key()).toBe('AKIA1')
    expect(state.fetched).toBe(3)
    await settled()
    advance(200_000)
    await expect(key()).rejects.toMatchObject({ name: 'CredentialsFailure' })
    state.failing = false
    expect(await key()).toBe('AKIA5')
  })

  it('without an end are kept for ever', async () => {
    const { state, advance, key } = setUp(undefined)
    await key()
    advance(10 * 365 * 86_400_000)
    expect(await key()).toBe('AKIA1')
    expect(state.fetched).toBe(1)
  })

  it('survive a clock that goes backwards', async () => {
    const { state, advance, key } = setUp(1_000_000)
    await key()
    advance(-86_400_000)
    expect(await key()).toBe('AKIA1')
    expect(state.fetched).toBe(1)
  })

  it('are renewed once when many find that they are refused, and not again for who used older ones', async () => {
    const { cache, state, key } = setUp(3_600_000)
    await key()
    const used = cache.generation
    await Promise.all(Array.from({ length: 100 }, () => cache.renew(used)))
    expect(state.fetched).toBe(2)
    await cache.renew(used)
    expect(state.fetched).toBe(2)
    expect(await key()).toBe('AKIA2')
  })

  it('are asked for again after a source hung', async () => {
    let asked = 0
    const source = ({ signal }: Attempt): Promise<Credentials> => {
      if (++asked === 2) return Promise.resolve({ accessKeyId: 'AKIA2', secretAccessKey: 's' })
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('ended'))
        })
      })
    }
    const cache = new CredentialCache(source, { now: () => START, monotonic: () => START }, undefined, 20)
    await expect(cache.get()).rejects.toMatchObject({ cause: { problem: 'timeout' } })
    expect((await cache.get()).accessKeyId).toBe('AKIA2')
  })

  it('are not waited for after close()', async () => {
    const cache = new CredentialCache(() => new Promise(() => undefined), { now: () => START, monotonic: () => START })
    const pending = cache.get()
    cache.close()
    await expect(pending).rejects.toMatchObject({ name: 'CredentialsFailure' })
  })
})
