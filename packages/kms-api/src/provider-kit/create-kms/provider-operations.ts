import type { Edek, Kek } from '../../contract/kek.ts'
import type { KmsHealth } from '../../contract/kms.ts'
import type { BoundContext } from '../../encryption-context/bind-context.ts'
import type { KmsOperation } from '../../errors/kms-error.ts'

/** One call of a {@link ProviderOperations} operation. */
export interface ProviderCall {
  readonly operation: KmsOperation
  /** Aborts when the caller's signal does, or when the `Kms` is closed. Pass it to the request. */
  readonly signal: AbortSignal
  /** The caller's, for logs and request headers. */
  readonly correlationId?: string | undefined
}

/** The contents of an EDEK. */
export interface DecodedEdek<F> {
  /** The KEK that wrapped the DEK, with the version that the EDEK names, if any. */
  readonly kek: Kek
  /** Whether an encryption context is bound to the EDEK. Read from its bytes. */
  readonly bound: boolean
  /** Further fields that `unwrap` needs. */
  readonly fields: F
}

/** A generated DEK and its EDEK, before they are checked. */
export interface GeneratedDek {
  /** The 32 bytes of the DEK. They change hands: `createKms` copies and zeroes them. The operation must neither keep nor wipe them. */
  readonly bytes: Uint8Array
  readonly edek: Edek
}

/**
 * The operations that differ between KMSs. {@link createKms} turns it into a `Kms` and does the rest: closed state, argument checks, copies, the
 * encryption context, the order of the checks of an EDEK, the DEK.
 *
 * Every error that an operation rejects with must be a `KmsError`; any other becomes `KMS_INVALID_RESPONSE`.
 */
export interface ProviderOperations<F> {
  /** The provider's short name. */
  readonly provider: string
  /** `false` if no KEK of this KMS can bind an encryption context: `createKms` then rejects every context with `KMS_CONTEXT_UNSUPPORTED`. */
  readonly bindsContext?: boolean | undefined
  /**
   * Returns the provider's own plain reference of a KEK that a caller passed. Pure.
   *
   * @param kek - a frozen copy of the caller's reference. Its provider is this one; its `id` may be anything.
   * @returns `undefined` if the KEK lies outside the configured boundary: the call rejects with `KMS_UNKNOWN_KEY`, without a request.
   */
  accept(kek: Kek): Kek | undefined
  /**
   * Reads an EDEK. Pure. Every byte is hostile input: it must accept one canonical form only.
   *
   * @param edek - a copy, which the result may refer to.
   * @returns `undefined` if it is malformed, or names a KEK outside the configured boundary: the call rejects with `KMS_INVALID_EDEK`.
   */
  decode(edek: Edek): DecodedEdek<F> | undefined
  /**
   * Resolves a selector to a reference. At most one request for each look-up that the KMS needs.
   *
   * @param context - present if the caller will bind one. Must not be sent; reject if this KEK cannot bind a context.
   */
  resolve(kekSelector: string, context: BoundContext | undefined, call: ProviderCall): Promise<Kek>
  /** Generates a DEK under a KEK. `kek` is what {@link ProviderOperations.accept} returned. */
  generate(kek: Kek, context: BoundContext | undefined, call: ProviderCall): Promise<GeneratedDek>
  /**
   * Unwraps an EDEK. `fields` and `kek` are what {@link ProviderOperations.decode} returned.
   *
   * @returns the 32 bytes of the DEK, which change hands as those of {@link GeneratedDek}.
   */
  unwrap(fields: F, kek: Kek, context: BoundContext | undefined, call: ProviderCall): Promise<Uint8Array>
  /** Asks the KMS how it is. Without this member the `Kms` has no `health`. A `KmsError` is reported as `down`, or `degraded` if throttled. */
  ping?(call: ProviderCall): Promise<KmsHealth>
  /** Ends timers, sockets and logins. Called once. */
  close(): Promise<void>
}
