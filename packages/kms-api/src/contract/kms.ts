import type { Dek } from './dek.ts'
import type { Edek, Kek } from './kek.ts'

/** Names and values that a KMS binds to an EDEK: the same are needed to unwrap it. Not secret; a KMS may log them. */
export type EncryptionContext = Readonly<Record<string, string>>

/** The topic whose records are read, and how its rule names the KEK. */
export interface KmsReader {
  readonly topic: string
  /**
   * Whether the rule names the KEK exactly. If not, the record chose it among all that a pattern or the boundary allows: decorators look it up before it is
   * used, and no failure about it alone counts as an outage.
   */
  readonly named: boolean
  /** The selector of the rule's own KEK: a response about it shows that the KMS works when a request about the record's KEK fails. */
  readonly ruleKekSelector?: string | undefined
}

/** Options of one call. */
export interface KmsCallOptions {
  /** Ends the call: it rejects with the signal's reason, and the request is cancelled. */
  readonly signal?: AbortSignal | undefined
  /** Bound by the KMS; `{}` counts as absent. A provider that cannot bind it rejects it, and never drops it. */
  readonly encryptionContext?: EncryptionContext | undefined
  /**
   * `decryptEdek` only. `require` (default): an EDEK must be bound to the encryption context. `if-present`: an EDEK that was wrapped without a
   * context is unwrapped as if none had been given; a bound one still needs the context.
   */
  readonly contextRead?: 'require' | 'if-present' | undefined
  /** The reader, for `decryptEdek` and for the `resolveKek` of a KEK that a record names. Decorators charge limits by it; providers ignore it. */
  readonly reader?: KmsReader | undefined
  /** `resolveKek` only: a cached response older than this many milliseconds is not used. Providers ignore it. */
  readonly maxAgeMs?: number | undefined
  /** Passed on to logs, traces and the audit. */
  readonly correlationId?: string | undefined
}

/** A fresh DEK and its encrypted form. The caller owns `dek` and must destroy it. */
export interface DekPair {
  readonly dek: Dek
  readonly edek: Edek
}

/** The health of a KMS. */
export interface KmsHealth {
  readonly status: 'ok' | 'degraded' | 'down'
  /** A note for the operator; no secret. */
  readonly detail?: string | undefined
}

/**
 * The operations that record encryption needs of a key management system.
 *
 * All methods but `kekOf` are asynchronous: an implementation must not throw synchronously. All must be safe to call concurrently.
 * No call may hold the event loop for longer than 50 ms. Wrong credentials are `KMS_AUTHENTICATION` after one login attempt; the failure is remembered until the
 * credential changes or a minute has passed, and no client uses another's login.
 *
 * No call may receive the response of another, also after either is aborted. A client that has worked reports an outage with a retryable error, and works
 * again after it without being recreated.
 * Every error is a `KmsError`, except the reason of an aborted signal and a `TypeError` for arguments of the wrong type.
 */
export interface Kms {
  /**
   * Resolves what a user writes (alias, name, id, ARN …) to an immutable reference. One KMS call.
   *
   * @throws `KMS_UNKNOWN_ALIAS` only if the KMS authoritatively reports it: never for a denial, a malformed request or an unreachable server.
   * @throws `KMS_KEY_UNAVAILABLE`, `KMS_INVALID_KEY_USAGE`, `KMS_ACCESS_DENIED`, and whatever an outage causes.
   */
  resolveKek(kekSelector: string, options?: KmsCallOptions): Promise<Kek>

  /**
   * Generates a fresh 32-byte DEK and its EDEK. One KMS call, never cached: two callers must never own one generated DEK.
   *
   * @throws `KMS_UNKNOWN_KEY` when the KEK does not exist any more; `KMS_CONTEXT_UNSUPPORTED`; and whatever an outage causes.
   */
  generateDekPair(kek: Kek, options?: KmsCallOptions): Promise<DekPair>

  /**
   * Decrypts an EDEK that {@link Kms.generateDekPair} produced, in this process or another. The caller owns the returned DEK and must destroy it.
   *
   * The EDEK names its own KEK version, so that this keeps working after the KEK is rotated. One KMS call for each call: a provider keeps no DEK, because only
   * the KMS decides whether one may be used again. A cache in front of the provider may keep DEKs.
   *
   * @param kek - the KEK that the caller expects; an EDEK that names another must be rejected without a request.
   * @param edek - the exact bytes; neither kept nor changed.
   * @throws `KMS_KEK_MISMATCH` when the EDEK names another KEK.
   * @throws `KMS_INVALID_EDEK` when it is malformed, tampered with, or bound to another context. One message for all of them.
   * @throws `KMS_UNKNOWN_KEY` when the KEK does not exist any more; and whatever an outage causes.
   */
  decryptEdek(kek: Kek, edek: Edek, options?: KmsCallOptions): Promise<Dek>

  /**
   * Reads which KEK wrapped an EDEK. Synchronous, no I/O. Everything inside an EDEK is hostile input until this has accepted it: it must accept
   * one canonical form only, and no KEK outside the configured boundary (vault, mount, host, account, region).
   *
   * @throws `KMS_INVALID_EDEK` for everything else.
   */
  kekOf(edek: Edek): Kek

  /** Returns the health of the KMS. Must not reject for an outage, which is a result. */
  health?(): Promise<KmsHealth>

  /** Ends timers, sockets and logins. Idempotent; later calls reject with `KMS_CLOSED`. */
  close(): Promise<void>

  /** The same as {@link Kms.close}. */
  [Symbol.asyncDispose](): Promise<void>
}
