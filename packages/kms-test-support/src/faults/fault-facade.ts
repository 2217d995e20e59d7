import type { KmsConfig, KmsContext, KmsErrorCode, KmsProvider } from '@keyfold/kms-api'

/** Another outcome than that of the table, and why it is right for this KMS. */
export interface FaultOverride {
  readonly codes: readonly KmsErrorCode[]
  readonly retry: 'yes' | 'no' | 'either'
  /** Shown in the report. */
  readonly reason: string
}

/** Where the provider has to find its KMS. */
export interface FaultEndpoint {
  /** For example `http://127.0.0.1:4000`. */
  readonly origin: string
  /** The authority to trust, as PEM, when the origin is https. */
  readonly ca?: string | undefined
}

/** What the author of a provider that speaks HTTP supplies for the fault table. */
export interface FaultFacade {
  /** For the report. */
  readonly name: string
  readonly provider: KmsProvider
  /** Starts the KMS, with a KEK in it. Called once, before everything else. */
  start(): Promise<void>
  stop(): Promise<void>
  /** The origin of the KMS, which the proxy forwards to. */
  upstream(): string
  /** What names the KEK. */
  kekSelector(): string
  /** A right configuration that reaches the KMS through the proxy, with {@link FaultFacade.deadlineMs} as its deadline, and no retries. */
  config(endpoint: FaultEndpoint): KmsConfig
  readonly context?: Partial<KmsContext> | undefined
  /** `good` for a provider that speaks HTTPS only: then every row is behind a right certificate, but for those about wrong ones. */
  readonly security?: 'none' | 'good' | undefined
  /** The longest that a call may take, as configured. At least 500 ms, so that a slow machine is not taken for a fault. */
  readonly deadlineMs: number
  /** Secrets that may appear nowhere. */
  canaries(): readonly (string | Uint8Array)[]
  /** By the id of a row, another outcome than the table's. There is none that skips a row. */
  readonly overrides: Readonly<Record<string, FaultOverride>>
}
