import { describe, expect, it, vi } from 'vitest'

import { AuthenticationError, KmsUnavailableError } from '../../../src/index.ts'
import { scheduleUnref, TokenManager, type TokenGrant, type TokenSource } from '../../../src/provider-kit/index.ts'

const DETAILS = { provider: 'test', operation: 'create' } as const
const DENIED = new AuthenticationError(DETAILS)
const DOWN = new KmsUnavailableError(DETAILS)
const HOUR = 3_600_000

/** A server of tokens, a clock and timers that only the test moves. */
class World {
  now = 0
  logins = 0
  renewals = 0
  revoked: string[] = []
  problems: unknown[] = []
  ttlMs: number | undefined = HOUR
  renewable = true
  login: () => Promise<TokenGrant> = async () => this.grant(`t${++this.logins}`)
  renewal: (token: string) => Promise<TokenGrant> = async (token) => {
    this.renewals++
    return this.grant(token)
  }
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>()
  readonly life: TokenManager

  constructor({ random = 0, renews = true }: { random?: number; renews?: boolean } = {}) {
    const source: TokenSource = {
      obtain: () => this.login(),
      revoke: async (token) => {
        this.revoked.push(token)
      },
      ...(renews && { renew: (token: string) => this.renewal(token) }),
    }
    this.life = new TokenManager(source, {
      clock: { now: () => this.now, monotonic: () => this.now },
      schedule: (delayMs, callback) => {
        const timer = { at: this.now + delayMs, callback }
        this.#timers.add(timer)
        return () => {
          this.#timers.delete(timer)
        }
      },
      jitter: () => random,
      onProblem: (error) => {
        this.problems.push(error)
      },
    })
  }

  get timers(): number[] {
    return [...this.#timers].map(({ at }) => at - this.now)
  }

  grant(token: string): TokenGrant {
    return { token, ttlMs: this.ttlMs, renewable: this.renewable }
  }

  async pass(ms: number): Promise<void> {
    const until = this.now + ms
    for (;;) {
      const next = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.now = next.at
      this.#timers.delete(next)
      next.callback()
      await settle()
    }
    this.now = until
    await settle()
  }

  async token(): Promise<string> {
    return (await this.life.get()).token
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

describe('the life of a token', () => {
  it('begins with the first use, once for all who ask', async () => {
    const world = new World()
    expect(world.logins).toBe(0)
    expect(await Promise.all(Array.from({ length: 100 }, () => world.token()))).toEqual(
      Array.from({ length: 100 }, () => 't1'),
    )
    expect(world.logins).toBe(1)
  })

  it('is prolonged at 2/3, without a call, for as long as that works', async () => {
    const world = new World()
    await world.token()
    expect(world.timers).toEqual([HOUR * (2 / 3)])
    await world.pass(24 * HOUR)
    expect([world.logins, world.renewals]).toEqual([1, 36])
    expect(await world.token()).toBe('t1')
  })

  it('is prolonged up to a tenth earlier, by chance', async () => {
    const world = new World({ random: 1 })
    await world.token()
    expect(world.timers).toEqual([HOUR * 0.6])
  })

  it('needs a timer again for whatever is longer than one, also when it is ended early', () => {
    vi.useFakeTimers()
    try {
      const called = vi.fn()
      scheduleUnref(2 ** 32, called)
      const cancel = scheduleUnref(2 ** 32, called)
      scheduleUnref(-5, called)
      vi.advanceTimersByTime(2 ** 31 + 5)
      expect(called).toHaveBeenCalledTimes(1)
      cancel()
      vi.advanceTimersByTime(2 ** 31)
      expect(called).toHaveBeenCalledTimes(2)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('ends quietly when its owner closes while it is renewed', async () => {
    const world = new World()
    await world.token()
    let fail: () => void = () => undefined
    world.renewal = () =>
      new Promise((_, reject) => {
        fail = () => {
          reject(DOWN)
        }
      })
    await world.pass(HOUR * 0.7)
    const closing = world.life.close()
    fail()
    await closing
    expect([world.problems, world.revoked, world.timers]).toEqual([[], ['t1'], []])
  })

  it('needs no timer when it has no end', async () => {
    const world = new World()
    world.ttlMs = undefined
    await world.token()
    expect(world.timers).toEqual([])
    await world.pass(10_000 * HOUR)
    expect([await world.token(), world.logins]).toEqual(['t1', 1])
  })

  it('is prolonged once in 512 hours when it has 768, which overflow a timer of Node.js', async () => {
    vi.useFakeTimers()
    try {
      let renewals = 0
      const ttlMs = 768 * HOUR
      const source: TokenSource = {
        obtain: async () => ({ token: 't', ttlMs, renewable: true }),
        renew: async () => ({ token: 't', ttlMs, renewable: !!++renewals }),
      }
      const life = new TokenManager(source, { clock: { now: () => Date.now(), monotonic: () => 0 }, jitter: () => 0 })
      await life.get()
      await vi.advanceTimersByTimeAsync(511 * HOUR)
      expect(renewals).toBe(0)
      await vi.advanceTimersByTimeAsync(2 * HOUR)
      expect(renewals).toBe(1)
      await life.close()
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })

  it('starts anew when it cannot be prolonged', async () => {
    const world = new World()
    world.renewable = false
    await world.token()
    await world.pass(HOUR)
    expect([await world.token(), world.logins, world.renewals]).toEqual(['t2', 2, 0])
    const other = new World({ renews: false })
    await other.token()
    await other.pass(HOUR)
    expect([await other.token(), other.logins]).toEqual(['t2', 2])
  })

  it('starts anew when prolonging it met its limit', async () => {
    const world = new World()
    await world.token()
    world.ttlMs = HOUR / 2
    await world.pass(HOUR)
    expect([world.logins, world.renewals]).toEqual([2, 1])
  })

  it('starts anew when the server does not prolong it any more', async () => {
    const world = new World()
    await world.token()
    world.renewal = () => Promise.reject(DENIED)
    await world.pass(HOUR * 0.7)
    expect([await world.token(), world.problems]).toEqual(['t2', []])
  })

  it('survives an outage: the token is used on, and prolonged when that works again', async () => {
    const world = new World()
    await world.token()
    world.renewal = () => Promise.reject(DOWN)
    await world.pass(HOUR * 0.7)
    expect([await world.token(), world.life.failing, world.problems[0]]).toEqual(['t1', true, DOWN])
    world.renewal = async (token) => world.grant(token)
    await world.pass(HOUR * 0.1)
    expect([await world.token(), world.life.failing, world.logins]).toEqual(['t1', false, 1])
    await world.pass(HOUR)
    expect(await world.token()).toBe('t1')
  })

  it('tries a few times, not all the time, while it cannot be renewed', async () => {
    const world = new World()
    await world.token()
    let tries = 0
    world.renewal = () => Promise.reject(DENIED)
    world.login = () => {
      tries++
      return Promise.reject(DENIED)
    }
    await world.pass(HOUR - 1)
    expect(tries).toBeGreaterThan(3)
    expect(tries).toBeLessThan(60)
    const before = tries
    for (let i = 0; i < 1_000; i++) await world.token()
    expect(tries - before).toBeLessThanOrEqual(1)
  })

  it('ends: then each asks for another, and a refusal stands for 5 s', async () => {
    const world = new World()
    await world.token()
    let tries = 0
    world.renewal = () => Promise.reject(DENIED)
    world.login = () => {
      tries++
      return Promise.reject(DENIED)
    }
    await world.pass(2 * HOUR)
    tries = 0
    await world.pass(10_000)
    for (let i = 0; i < 50; i++) await expect(world.token()).rejects.toBe(DENIED)
    expect(tries).toBe(1)
    await world.pass(5_001)
    await expect(world.token()).rejects.toBe(DENIED)
    expect(tries).toBe(2)
  })

  it('is asked for again at once after an outage', async () => {
    const world = new World()
    const { login } = world
    world.login = () => Promise.reject(DOWN)
    await expect(world.token()).rejects.toBe(DOWN)
    world.login = login
    expect(await world.token()).toBe('t1')
  })

  it('goes on by use when a machine has slept through its timer', async () => {
    const world = new World()
    await world.token()
    world.now += HOUR * 0.8
    expect(await world.token()).toBe('t1')
    await settle()
    expect(world.renewals).toBe(1)
    world.now += HOUR * 1.1
    expect(await world.token()).toBe('t2')
  })

  it('is replaced once when the server does not know it, whoever says so', async () => {
    const world = new World()
    const held = await world.life.get()
    expect(await Promise.all(Array.from({ length: 50 }, () => world.life.replace(held)))).toEqual(
      Array.from({ length: 50 }, () => true),
    )
    expect([await world.token(), world.logins]).toEqual(['t2', 2])
    expect(await world.life.replace(held)).toBe(true)
    expect(world.logins).toBe(2)
  })

  it('says when there is nothing to replace it with', async () => {
    const world = new World()
    world.login = async () => world.grant('the only one')
    expect(await world.life.replace(await world.life.get())).toBe(false)
  })

  it('ends the wait of one caller only', async () => {
    const world = new World()
    let finish: () => void = () => undefined
    world.login = () =>
      new Promise((resolve) => {
        finish = () => {
          resolve(world.grant('t'))
        }
      })
    const controller = new AbortController()
    const [impatient, patient] = [world.life.get(controller.signal), world.life.get()]
    await settle()
    controller.abort('reason')
    await expect(impatient).rejects.toBe('reason')
    finish()
    expect((await patient).token).toBe('t')
  })

  it('is given back at the end, once, and nothing runs on', async () => {
    const world = new World()
    await world.token()
    await Promise.all([world.life.close(), world.life.close()])
    expect([world.revoked, world.timers]).toEqual([['t1'], []])
    await expect(world.token()).rejects.toThrow()
  })

  it('is given back although it arrives while its owner closes', async () => {
    const world = new World()
    let finish: () => void = () => undefined
    world.login = () =>
      new Promise((resolve) => {
        finish = () => {
          resolve(world.grant('late'))
        }
      })
    const running = world.token().catch(() => undefined)
    await settle()
    const closing = world.life.close()
    finish()
    await Promise.all([running, closing])
    expect([world.revoked, world.timers]).toEqual([['late'], []])
  })

  it('loses no call during 100 rotations under load', async () => {
    const world = new World()
    world.ttlMs = 100
    world.renewable = false
    const tokens = new Set<string>()
    for (let i = 0; i < 1_000; i++) {
      for (const token of await Promise.all(Array.from({ length: 10 }, () => world.token()))) tokens.add(token)
      await world.pass(7)
    }
    expect(world.logins).toBeGreaterThanOrEqual(100)
    expect(tokens.size).toBeGreaterThanOrEqual(100)
    expect(world.problems).toEqual([])
  })

  it('takes its chance from good random numbers by default', async () => {
    const delays = new Set<number>()
    for (let i = 0; i < 20; i++) {
      const schedule = (delayMs: number): (() => void) => {
        delays.add(delayMs)
        return () => undefined
      }
      await new TokenManager({ obtain: async () => ({ token: 't', ttlMs: HOUR, renewable: true }) }, { schedule }).get()
    }
    expect(delays.size).toBeGreaterThan(15)
    for (const delay of delays) expect(delay / HOUR).toSatisfy((share: number) => share > 0.599 && share <= 2 / 3)
  })
})
