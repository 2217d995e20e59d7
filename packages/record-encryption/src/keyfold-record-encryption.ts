import { LRUCache } from 'lru-cache'

import {
  describeType,
  InvalidKeyUsageError,
  momentOf,
  systemClock,
  type Clock,
  type Kek,
  type Kms,
  type KmsCallOptions,
} from '@keyfold/kms-api'
import { decorationOf, guardUnnamedKeks, isDecoratedKms, resilientKms } from '@keyfold/kms-api/resilience'

import { ADAPTER_CONTEXT, DECRYPT_OUTCOMES, type AdapterContext } from './decrypt/decrypt-each.ts'
import type { DecryptOutcomes, SettlePolicies } from './decrypt/decrypt-outcomes.ts'
import { decryptRecords, type Decrypting } from './decrypt/decrypt-records.ts'
import { settleRejections } from './decrypt/settle-rejections.ts'
import { checkedResponse } from './dek/checked-response.ts'
import { EncryptionDeks } from './dek/encryption-deks.ts'
import type { Limits } from './dek/limits.ts'
import { encryptRecords } from './encrypt/encrypt-records.ts'
import { codeOf } from './errors/code-of.ts'
import { EncryptionClosedError } from './errors/encryption-closed-error.ts'
import { prewarmError, prewarmFailure } from './errors/prewarm-error.ts'
import { RecordError } from './errors/record-error.ts'
import { DistrustList } from './keks/distrust-list.ts'
import { KekVersions } from './keks/kek-versions.ts'
import { KeyAhead } from './keks/key-ahead.ts'
import { readCallOptions } from './policies/call-options.ts'
import type { Checked } from './policies/check-options.ts'
import { instancePolicies } from './policies/policies.ts'
import { resolvePolicies } from './policies/resolve-policies.ts'
import { describeShadowedRule, shadowedRulesOf } from './topics/shadowed-rules.ts'
import { TopicPlans, type TopicPlan } from './topics/topic-plan.ts'
import { Totals } from './totals/totals.ts'
import type {
  CallOptions,
  DecryptedRecord,
  EncryptedRecord,
  EncryptionHealth,
  KafkaRecord,
  RecordEncryption,
  RecordEncryptionOptions,
} from './types.ts'

/** Selectors come from topics, whose number the application decides: many distinct names must not exhaust memory. */
const MAX_SELECTORS = 10_000
const NO_RULE = 'no rule matches this topic; add one (use plaintext: allow to send it in clear)'

/** Combines the plans of topics, the DEKs and the cached KMS. */
export class KeyfoldRecordEncryption implements RecordEncryption {
  readonly #plans: TopicPlans
  readonly #kms: Kms
  /** Whether this instance put layers of resilience around the caller's KMS. */
  readonly #ownsLayers: boolean
  readonly #deks: EncryptionDeks
  readonly #limits: Limits
  readonly #policies: SettlePolicies
  readonly #adapterContext: AdapterContext
  readonly #decrypting: Decrypting
  readonly #versions = new KekVersions()
  readonly #totals: Totals
  /** The KEK that each topic's DEK was last made under, so that `rotate` needs no KMS. */
  readonly #keks = new LRUCache<string, Kek>({
    max: MAX_SELECTORS,
    // A selector that is dropped could no longer be rotated, so its DEK is dropped too.
    dispose: (kek, _, reason) => {
      if (reason === 'evict') this.#deks.revoke(kek)
    },
  })
  /** Selectors of KEKs that could not be resolved when they were last requested, with the code of the error. */
  readonly #unresolved = new LRUCache<string, string>({ max: MAX_SELECTORS })
  #closed = false

  /** @throws TypeError for rules that are wrong. */
  constructor(options: Checked<RecordEncryptionOptions>) {
    const clock: Clock = options.clock ?? systemClock
    // A wrong clock must not keep a DEK in use for ever: it is an error now, and at each later reading.
    momentOf(clock)
    this.#plans = new TopicPlans(options)
    this.#ownsLayers = options.resilience !== 'none' && !isDecoratedKms(options.kms)
    this.#kms = frontOf(options, clock)
    const { limits, onDecryptError, onKeyGone, onKeyAhead, distrust } = resolvePolicies(instancePolicies, options)
    const distrusted = new DistrustList(distrust)
    this.#limits = limits
    this.#deks = new EncryptionDeks(this.#kms, this.#limits, clock, options.logger, this.#versions, distrusted)
    this.#totals = new Totals(clock, options.logger)
    this.#policies = { onDecryptError, onKeyAhead }
    this.#adapterContext = { policies: this.#policies, clock, logger: options.logger }
    const keyAhead = new KeyAhead(this.#versions, onKeyAhead, clock, options.logger)
    this.#decrypting = {
      kms: this.#kms,
      onKeyGone,
      keyAhead,
      distrusted,
      arrive: () => keyAhead.arrive(),
      resolveKek: this.#resolveKek,
      unwrapped: (kek) => {
        this.#versions.note(kek)
      },
      ahead: (kek) => {
        this.#deks.isBehind(kek)
      },
      decrypted: (totals) => {
        this.#totals.decrypted(totals)
      },
    }
    this.#announceLeniency(options)
    for (const shadowed of shadowedRulesOf(options.topics))
      options.logger?.warn(shadowed, describeShadowedRule(shadowed))
  }

  async encrypt<R extends KafkaRecord>(
    topic: string,
    records: readonly R[],
    options?: CallOptions,
  ): Promise<EncryptedRecord<R>[]> {
    const { signal } = readCallOptions(options)
    const plan = this.#planOf(topic)
    const encrypting = { deks: this.#deks, limits: this.#limits, resolveKek: this.#resolveKek }
    return encryptRecords(encrypting, plan, records, signal)
  }

  async decrypt<R extends KafkaRecord>(
    topic: string,
    records: readonly R[],
    options?: CallOptions,
  ): Promise<DecryptedRecord<R>[]> {
    const { signal } = readCallOptions(options)
    const outcomes = await this.#decrypt(topic, records, signal)
    return settleRejections(outcomes, this.#policies, signal)
  }

  /** @see adapterContextOf */
  get [ADAPTER_CONTEXT](): AdapterContext {
    return this.#adapterContext
  }

  /** @see decryptEach */
  async [DECRYPT_OUTCOMES]<R extends KafkaRecord>(
    topic: string,
    records: readonly R[],
    options?: CallOptions,
  ): Promise<DecryptOutcomes<R>> {
    const { signal } = readCallOptions(options)
    return this.#decrypt(topic, records, signal)
  }

  async prewarm(topics: readonly string[], options?: CallOptions): Promise<void> {
    this.#rejectClosed()
    const { signal } = readCallOptions(options)
    const given: unknown = topics
    if (!Array.isArray(given)) throw new TypeError(`"topics" expected an array of names, got ${describeType(given)}`)
    const names = Array.from(topics)
    const prewarmed = await Promise.allSettled(names.map((topic) => this.#prewarmTopic(topic, signal)))
    signal?.throwIfAborted()
    const failures = prewarmed.flatMap(
      ({ status, reason: cause }: PromiseSettledResult<void> & { readonly reason?: unknown }, i) => {
        if (status === 'fulfilled') return []
        return [prewarmFailure(names[i] as string, this.#selectorOf(names[i] as string), cause)]
      },
    )
    if (failures.length > 0) throw prewarmError(failures, names.length)
  }

  async rotate(topic?: string): Promise<void> {
    await Promise.resolve()
    if (topic === undefined) {
      this.#rejectClosed()
      this.#deks.revoke()
      return
    }
    const { kekSelector } = this.#planOf(topic)
    if (kekSelector === undefined) return
    const kek = this.#keks.get(kekSelector)
    // With that many selectors, the KEK may have been dropped from the map: then all are rotated rather than none.
    if (kek !== undefined) this.#deks.revoke(kek)
    else if (this.#keks.size === MAX_SELECTORS) this.#deks.revoke()
  }

  async evict(kek: Pick<Kek, 'provider' | 'id'>): Promise<void> {
    await Promise.resolve()
    this.#rejectClosed()
    const { provider, id } = kek
    this.#deks.revoke({ provider, id })
    decorationOf(this.#kms)?.evict({ provider, id, wrapping: 'authenticated' })
  }

  health(): EncryptionHealth {
    const { deks, failing } = this.#deks.health()
    const unresolved = [...this.#unresolved].map(([kekSelector, code]) => ({ kekSelector, code }))
    const totals = this.#totals.health()
    const problems = failing.length + unresolved.length + totals.decrypting.failing.length
    const status = this.#closed ? 'down' : problems > 0 ? 'degraded' : 'ok'
    return { status, encryptionDeks: deks, failing, unresolved, ...totals }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#deks.close()
    if (this.#ownsLayers) await this.#kms.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #prewarmTopic(topic: string, signal: AbortSignal | undefined): Promise<void> {
    const plan = this.#planOf(topic)
    signal?.throwIfAborted()
    if (plan.kekSelector === undefined) return
    const { encryptionContext } = plan
    await this.#deks.ensure({ kek: await this.#resolveKek(plan, signal), encryptionContext }, signal)
  }

  #decrypt<R extends KafkaRecord>(
    topic: string,
    records: readonly R[],
    signal: AbortSignal | undefined,
  ): Promise<DecryptOutcomes<R>> {
    return decryptRecords(this.#decrypting, this.#planOf(topic), records, signal)
  }

  /** The selector of a topic's KEK, for messages. */
  #selectorOf(topic: string): string | undefined {
    try {
      return this.#planOf(topic).kekSelector
    } catch {
      return undefined
    }
  }

  #planOf(topic: string): TopicPlan {
    this.#rejectClosed()
    const plan = this.#plans.of(topic)
    if (plan !== undefined) return plan
    throw new RecordError('RECORD_NO_RULE', NO_RULE, { topic, index: -1 })
  }

  #rejectClosed(): void {
    if (this.#closed) throw new EncryptionClosedError()
  }

  /** Records which selectors cannot be resolved: a process that starts during an outage has no DEK whose refresh could fail. */
  async #resolve(selector: string, options: KmsCallOptions): Promise<Kek> {
    try {
      const kek = checkedResponse(await this.#kms.resolveKek(selector, options), 'resolveKek')
      this.#unresolved.delete(selector)
      return kek
    } catch (error) {
      options.signal?.throwIfAborted()
      this.#unresolved.set(selector, codeOf(error))
      throw error
    }
  }

  readonly #resolveKek = async (plan: TopicPlan, signal: AbortSignal | undefined): Promise<Kek> => {
    const selector = plan.kekSelector as string
    const { encryptionContext } = plan
    const kek = await this.#resolve(selector, { signal, ...(encryptionContext !== undefined && { encryptionContext }) })
    const { binding, acceptForgeableDeks } = plan.rule
    if (kek.wrapping === 'public-key' && binding.read === 'require' && !acceptForgeableDeks) {
      const expected = 'one whose EDEKs only its users can create, because "binding.read" is "require"'
      const hint = 'acceptForgeableDeks: true accepts DEKs that anyone with the public key can create'
      throw new InvalidKeyUsageError(expected, { provider: kek.provider, operation: 'resolveKek', kek, hint })
    }
    this.#rejectClosed()
    this.#keks.set(selector, kek)
    this.#versions.note(kek)
    this.#deks.saw(kek)
    return kek
  }

  #announceLeniency(options: RecordEncryptionOptions): void {
    const { topics, trustedKeks, contextRead, acceptForgeableDeks, logger } = options
    topics.forEach((rule, index) => {
      if (rule.acceptForgeableDeks ?? acceptForgeableDeks) {
        const text = `topics[${index}] accepts DEKs that anyone with the public half of a KEK can create ("acceptForgeableDeks: true")`
        logger?.warn({ rule: index }, text)
      }
      if ((rule.contextRead ?? contextRead) === 'if-present') {
        const text = `topics[${index}] also decrypts EDEKs that were made without an encryption context ("contextRead: if-present")`
        logger?.warn({ rule: index }, text)
      }
      if ((rule.trustedKeks ?? trustedKeks) !== 'boundary') return
      logger?.warn(
        { rule: index },
        `topics[${index}] trusts every KEK that the provider was configured for, not only its own`,
      )
    })
  }
}

/**
 * Puts the layers of resilience in front of the caller's KMS, unless it has layers or none are wanted.
 *
 * @throws TypeError for numbers for a `Kms` that has layers already.
 */
function frontOf({ kms, resilience, logger }: RecordEncryptionOptions, clock: Clock): Kms {
  if (isDecoratedKms(kms)) {
    if (typeof resilience !== 'object') return kms
    throw new TypeError('"resilience" must be absent, because "kms" has layers of resilience already')
  }
  if (resilience === 'none') return guardUnnamedKeks(kms, { clock })
  return resilientKms(kms, { ...resilience, closeInner: false, clock, logger })
}
