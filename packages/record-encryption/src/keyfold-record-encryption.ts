import {
  InvalidKeyUsageError,
  momentOf,
  printable,
  systemClock,
  type Clock,
  type Kek,
  type Kms,
} from '@keyfold/kms-api'
import { cachingKms, isDecoratedKms } from '@keyfold/kms-api/resilience'

import { decryptRecords } from './decrypt/decrypt-records.ts'
import type { OnDecryptError } from './decrypt/settle-rejections.ts'
import { EncryptionDeks } from './dek/encryption-deks.ts'
import type { Limits } from './dek/limits.ts'
import { encryptRecords } from './encrypt/encrypt-records.ts'
import { codeOf } from './errors/code-of.ts'
import { EncryptionClosedError } from './errors/encryption-closed-error.ts'
import { RecordError } from './errors/record-error.ts'
import { readCallOptions } from './policies/call-options.ts'
import type { Checked } from './policies/check-options.ts'
import { instancePolicies } from './policies/policies.ts'
import { resolvePolicies } from './policies/resolve-policies.ts'
import { describeShadowedRule, shadowedRulesOf } from './topics/shadowed-rules.ts'
import { TopicPlans, type TopicPlan } from './topics/topic-plan.ts'
import type {
  CallOptions,
  DecryptedRecord,
  EncryptedRecord,
  EncryptionHealth,
  KafkaRecord,
  RecordEncryption,
  RecordEncryptionOptions,
} from './types.ts'

/** Puts the parts together: plans of topics, DEKs, the cached KMS. */
export class KeyfoldRecordEncryption implements RecordEncryption {
  readonly #plans: TopicPlans
  readonly #kms: Kms
  /** Whether `#kms` is a cache of ours around the caller's. */
  readonly #ownsCache: boolean
  readonly #deks: EncryptionDeks
  readonly #limits: Limits
  readonly #onDecryptError: OnDecryptError
  readonly #onKeyGone: 'reject' | 'record'
  readonly #unbound = new Map<string, number>()
  /** The KEK that each topic's DEK was last made under, so that `rotate` needs no KMS. */
  readonly #keks = new Map<string, Kek>()
  /** Selectors of KEKs that could not be resolved when they were last asked for, with the code of the error. */
  readonly #unresolved = new Map<string, string>()
  #closed = false

  /** @throws TypeError for rules that are wrong. */
  constructor(options: Checked<RecordEncryptionOptions>) {
    const clock: Clock = options.clock ?? systemClock
    // A clock that is wrong must not let a DEK live for ever: it is an error now, and at each later reading.
    momentOf(clock)
    this.#plans = new TopicPlans(options)
    this.#ownsCache = options.resilience !== 'none' && !isDecoratedKms(options.kms)
    this.#kms = this.#ownsCache ? cachingKms(options.kms, { closeInner: false, clock }) : options.kms
    const { limits, onDecryptError, onKeyGone } = resolvePolicies(instancePolicies, options)
    this.#limits = limits
    this.#deks = new EncryptionDeks(this.#kms, this.#limits, clock, options.logger)
    this.#onDecryptError = onDecryptError
    this.#onKeyGone = onKeyGone
    this.#announceBoundary(options)
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
    const plan = this.#planOf(topic)
    const decrypting = {
      kms: this.#kms,
      onKeyGone: this.#onKeyGone,
      onDecryptError: this.#onDecryptError,
      resolveKek: this.#resolveKek,
      countUnbound: this.#countUnbound,
    }
    return decryptRecords(decrypting, plan, records, signal)
  }

  async prewarm(topics: readonly string[], options?: CallOptions): Promise<void> {
    this.#refuseClosed()
    const { signal } = readCallOptions(options)
    const given: unknown = topics
    if (!Array.isArray(given)) throw new TypeError(`"topics" expected an array of names, got ${typeof given}`)
    const names = Array.from(topics)
    const prewarmed = await Promise.allSettled(names.map((topic) => this.#prewarmTopic(topic, signal)))
    signal?.throwIfAborted()
    const failures = prewarmed.flatMap(
      ({ status, reason: cause }: PromiseSettledResult<void> & { readonly reason?: unknown }, i) => {
        if (status === 'fulfilled') return []
        const topic = names[i] as string
        return [Object.assign(new Error(`topic ${printable(topic)} could not be prewarmed`, { cause }), { topic })]
      },
    )
    if (failures.length > 0)
      throw new AggregateError(failures, `${failures.length} of ${names.length} topics could not be prewarmed`)
  }

  async rotate(topic?: string): Promise<void> {
    await Promise.resolve()
    if (topic === undefined) {
      this.#refuseClosed()
      this.#deks.revoke()
      return
    }
    const { kekSelector } = this.#planOf(topic)
    const kek = kekSelector === undefined ? undefined : this.#keks.get(kekSelector)
    if (kek !== undefined) this.#deks.revoke(kek)
  }

  health(): EncryptionHealth {
    const { deks, failing } = this.#deks.health()
    const unresolved = [...this.#unresolved].map(([kekSelector, code]) => ({ kekSelector, code }))
    const status = this.#closed ? 'down' : failing.length + unresolved.length > 0 ? 'degraded' : 'ok'
    return { status, encryptionDeks: deks, failing, unresolved, unbound: Object.fromEntries(this.#unbound) }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#deks.close()
    if (this.#ownsCache) await this.#kms.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #prewarmTopic(topic: string, signal: AbortSignal | undefined): Promise<void> {
    const plan = this.#planOf(topic)
    signal?.throwIfAborted()
    if (plan.kekSelector !== undefined) await this.#deks.ensure(await this.#resolveKek(plan, signal), signal)
  }

  #planOf(topic: string): TopicPlan {
    this.#refuseClosed()
    const plan = this.#plans.of(topic)
    if (plan !== undefined) return plan
    throw new RecordError(
      'RECORD_NO_RULE',
      `topic ${JSON.stringify(topic)} expected a rule that matches; sending in clear has to be written down too`,
      {
        topic,
        index: -1,
      },
    )
  }

  #refuseClosed(): void {
    if (this.#closed) throw new EncryptionClosedError()
  }

  /** Remembers which selectors cannot be resolved: a process that starts during an outage has no DEK that could fail. */
  async #resolve(selector: string, signal: AbortSignal | undefined): Promise<Kek> {
    try {
      const kek = await this.#kms.resolveKek(selector, { signal })
      this.#unresolved.delete(selector)
      return kek
    } catch (error) {
      signal?.throwIfAborted()
      this.#unresolved.set(selector, codeOf(error))
      throw error
    }
  }

  readonly #resolveKek = async (plan: TopicPlan, signal: AbortSignal | undefined): Promise<Kek> => {
    const selector = plan.kekSelector as string
    const kek = await this.#resolve(selector, signal)
    if (kek.wrapping === 'public-key' && plan.rule.binding.read === 'require') {
      const expected = 'a KEK whose EDEKs only its users can make, because "binding.read" is "require"'
      throw new InvalidKeyUsageError(expected, { provider: kek.provider, operation: 'resolveKek', kek })
    }
    this.#refuseClosed()
    this.#keks.set(selector, kek)
    return kek
  }

  readonly #countUnbound = (topic: string, records: number): void => {
    this.#unbound.set(topic, (this.#unbound.get(topic) ?? 0) + records)
  }

  #announceBoundary({ topics, trustedKeks, logger }: RecordEncryptionOptions): void {
    topics.forEach((rule, index) => {
      if ((rule.trustedKeks ?? trustedKeks) !== 'boundary') return
      logger?.warn(
        { rule: index },
        `topics[${index}] trusts every KEK that the provider was configured for, not only its own`,
      )
    })
  }
}
