import { momentOf, withSignal, type Clock, type Logger } from '@keyfold/kms-api'
import { callSignal } from '@keyfold/kms-api/provider-kit'

import { PROVIDER } from '../provider.ts'
import type { IdentityTrace } from './identity-transport.ts'
import type { AccessToken, AzureTokenCredential, GetTokenOptions } from './token-credential.ts'
import { TokenFailure } from './token-failure.ts'

/** Tokens are renewed so long before they expire; until then the old one is used. */
const RENEW_MS = 5 * 60_000
/** A token that expires so soon could be rejected on its way. */
const MARGIN_MS = 2_000
/** A failed renewal is not tried again for so long, while the old token is valid. */
const PAUSE_MS = 5_000
/** Challenges name one resource and one tenant, so there is one entry in use; the others are of CAE claims. */
const MAX_ENTRIES = 16

interface Held extends AccessToken {
  readonly renewAt: number
}

interface Entry {
  held?: Held | undefined
  flight?: Promise<Held> | undefined
  pausedUntil: number
}

/** Options of a {@link TokenCache}. */
export interface TokenCacheOptions {
  /** Reads the credential anew before each token, so that a renewed secret is found. */
  readonly credential: () => Promise<AzureTokenCredential>
  readonly trace: () => IdentityTrace
  readonly clock: Clock
  readonly logger?: Logger | undefined
  /** The deadline of one token. */
  readonly requestMs: number
}

/** The credential that the SDK sees. One renewal runs at a time, shared by all callers, and an old token is used while a renewal fails. */
export class TokenCache {
  readonly #options: TokenCacheOptions
  readonly #entries = new Map<string, Entry>()
  readonly #closing = new AbortController()

  constructor(options: TokenCacheOptions) {
    this.#options = options
  }

  /** Returns a token. @throws TokenFailure; the signal's reason if it is aborted first. */
  async getToken(scopes: string | string[], options: GetTokenOptions = {}): Promise<AccessToken> {
    const { tenantId = '', claims = '' } = options
    const signal = options.abortSignal instanceof AbortSignal ? options.abortSignal : undefined
    const entry = this.#entryOf(JSON.stringify([scopes, tenantId, claims]))
    const now = momentOf(this.#options.clock).wall
    const { held } = entry
    if (held !== undefined && now < held.renewAt) return held
    const usable = held !== undefined && now < held.expiresOnTimestamp - MARGIN_MS
    if (usable && now < entry.pausedUntil) return held
    const flight = (entry.flight ??= this.#renew(entry, scopes, options))
    if (!usable) return await withSignal(() => flight, signal)
    entry.pausedUntil = now + PAUSE_MS
    flight.catch(() => {
      this.#options.logger?.warn(
        { provider: PROVIDER },
        'the token could not be renewed; the old one is used until it ends',
      )
    })
    return held
  }

  /** Forgets the tokens, because Azure rejected one. */
  drop(): void {
    this.#entries.clear()
  }

  /** Ends what is running. */
  close(): void {
    this.#closing.abort()
    this.#entries.clear()
  }

  #entryOf(key: string): Entry {
    const known = this.#entries.get(key)
    if (known !== undefined) return known
    if (this.#entries.size >= MAX_ENTRIES) this.#entries.clear()
    const entry: Entry = { pausedUntil: 0 }
    this.#entries.set(key, entry)
    return entry
  }

  async #renew(entry: Entry, scopes: string | string[], options: GetTokenOptions): Promise<Held> {
    const { requestMs, credential, trace } = this.#options
    using call = callSignal(requestMs, [this.#closing.signal])
    try {
      const work = async (): Promise<unknown> => {
        const { getToken } = await bound(credential)
        return await getToken(scopes, { ...options, abortSignal: call.signal })
      }
      const held = this.#check(await withSignal(work, call.signal))
      entry.held = held
      return held
    } catch (error) {
      throw error instanceof TokenFailure ? error : new TokenFailure(error, { ...trace() }, call.timedOut)
    } finally {
      entry.flight = undefined
    }
  }

  #check(value: unknown): Held {
    const { token, expiresOnTimestamp, refreshAfterTimestamp } = (value ?? {}) as Partial<AccessToken>
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token) || typeof expiresOnTimestamp !== 'number')
      throw new TokenFailure(new Error('no token'), { ...this.#options.trace() })
    const now = momentOf(this.#options.clock).wall
    // A short-lived token is renewed when half of its life is over.
    const renewAt = Math.max(expiresOnTimestamp - RENEW_MS, now + (expiresOnTimestamp - now) / 2)
    return { token, expiresOnTimestamp, renewAt: Math.min(renewAt, refreshAfterTimestamp ?? renewAt) }
  }
}

type GetToken = (scopes: string | string[], options: GetTokenOptions) => Promise<unknown>

async function bound(create: () => Promise<AzureTokenCredential>): Promise<{ readonly getToken: GetToken }> {
  const credential = await create()
  return { getToken: (scopes, options) => credential.getToken(scopes, options as never) }
}
