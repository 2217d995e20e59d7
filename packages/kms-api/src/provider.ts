import type { KekAdmin } from './contract/kek-admin.ts'
import type { Edek, KekHint } from './contract/kek.ts'
import type { Kms } from './contract/kms.ts'
import type { StandardJSONSchemaV1, StandardSchemaV1 } from './contract/standard-schema.ts'
import type { KmsConfigError } from './errors/kms-errors.ts'

/** Configuration of a provider: plain data, what YAML or JSON can hold. */
export type KmsConfig = object

/** A structured logger. pino satisfies it. Nothing secret is ever passed to it. */
export interface Logger {
  debug(fields: object, message?: string): void
  info(fields: object, message?: string): void
  warn(fields: object, message?: string): void
  error(fields: object, message?: string): void
}

/** The time, injectable so that tests need no sleep. */
export interface Clock {
  /** Wall time in milliseconds since the epoch; may jump. */
  now(): number
  /** Milliseconds that only grow; the zero point has no meaning. */
  monotonic(): number
  /**
   * Calls `callback` once, after `delayMs` milliseconds of any length, and returns what cancels that. Default: the process's timers, which keep a call
   * in flight alive.
   */
  schedule?(delayMs: number, callback: () => void): () => void
}

/** What a provider receives beside its configuration. */
export interface KmsContext {
  /** Relative file names of the configuration start here. */
  readonly baseDirectory: string
  readonly logger?: Logger | undefined
  readonly clock?: Clock | undefined
  /** Vendor clients that the application made itself, by the names that the provider documents. The application closes them. */
  readonly clients?: Readonly<Record<string, unknown>> | undefined
}

/** What a package exports as the default of its subpath `./kms-provider`. */
export interface KmsProvider<C extends KmsConfig = KmsConfig> {
  /** Short name, `^[a-z][a-z0-9-]*$`, for example `aws`. */
  readonly name: string
  /** The version of this contract. */
  readonly contract: 1
  readonly configSchema: StandardSchemaV1<unknown, C> & StandardJSONSchemaV1

  /**
   * Checks the configuration and makes a `Kms`, which the caller closes. May log in.
   *
   * @throws `KMS_CONFIG` with the path of the field that is wrong.
   */
  create(config: C, context: KmsContext): Promise<Kms>

  /**
   * Finds, without any request, what `create` or `resolveKek` would reject: a setting that only the environment completes, or a selector that no KEK
   * of this provider can ever have. For `keyfold config check`.
   *
   * @param config - accepted by `configSchema`.
   * @param kekSelectors - what rules yield for topics.
   * @returns one error a problem, those of selectors with the `path` `kekSelector`; none where nothing is wrong.
   */
  checkConfig?(config: C, context: KmsContext, kekSelectors: readonly string[]): Promise<readonly KmsConfigError[]>

  /**
   * Reads what an EDEK says about its KEK, without a configuration and therefore without a boundary: for inspection only. Pure; must not throw.
   *
   * @returns `undefined` for bytes that are no EDEK of this provider.
   */
  readEdek?(edek: Edek): KekHint | undefined

  /**
   * Creates an administrator of KEKs, which the caller closes. Needs more permissions than `create`.
   *
   * @throws `KMS_CONFIG` with the path of the field that is wrong.
   */
  admin?(config: C, context: KmsContext): Promise<KekAdmin>
}
