import type { Edek, Kek, KmsConfig, KmsContext, KmsProvider } from '@keyfold/kms-api'

import type { ChildProvider } from './child-provider.ts'
import type { KmsManifest } from './kms-manifest.ts'
import type { Interruption, Rejection, Situation } from './situation.ts'
import type { TestKekManager } from './test-kek-manager.ts'

/** What the author of a provider supplies: the provider, a KMS behind it that may be used up, and hands to do things to that KMS. */
export interface KmsFacade {
  /** For the report, for example `AWS KMS on LocalStack`. */
  readonly name: string
  readonly provider: KmsProvider
  readonly manifest: KmsManifest
  readonly kekManager: TestKekManager

  /** Starts the KMS. Called once, before everything else. */
  start(): Promise<void>
  /** Stops the KMS. Called once, at the end. */
  stop(): Promise<void>

  /** A right configuration of a principal with the least permissions that suffice: plain data, made anew each time. */
  config(): KmsConfig
  /** What the provider receives beside its configuration. */
  readonly context?: Partial<KmsContext> | undefined

  /**
   * Returns how many requests have reached the KMS, or were sent to it, since the start. Counted where they leave the process, not in the provider: at a server
   * or a proxy. For a KMS without requests, such as a module or a file, count one for each operation (a wrap, an unwrap, a read) at a spy in front of it.
   */
  requests(): number
  /** Secrets that may appear nowhere: tokens, passwords, key material. Asked for after the start, and again before each search. */
  canaries(): readonly (string | Uint8Array)[]
  /** For a process of its own. Called after the start. */
  child(): Promise<ChildProvider>

  /** Makes the KMS deny a principal every use of an existing KEK. Omitted exactly if the manifest declares `deny`. */
  denied?(): Promise<Situation>
  /**
   * Returns a configuration with wrong credentials: a wrong PIN, password or token. Other clients keep theirs. Left out exactly when the manifest declares
   * `reject`.
   */
  rejected?(): Promise<Rejection>
  /** Makes the KMS unreachable, for example through a closed port. Omitted exactly if the manifest declares `outage`. */
  unreachable?(): Promise<Situation>
  /**
   * Returns a path to the KMS that can be interrupted while a client uses it. `interruptible` of `@keyfold/kms-test-support/faults` makes one for a server on
   * the loopback interface. Left out exactly when the manifest declares `outage`.
   */
  interruptible?(): Promise<Interruption>
  /** Makes the KMS accept requests and not respond. Omitted exactly if the manifest declares `silence`. */
  silent?(): Promise<Situation>
  /** Unwraps an EDEK with the power of an administrator and without the provider. Left out exactly when the manifest declares `reveal`. */
  revealDek?(edek: Edek): Promise<Uint8Array>
  /**
   * Creates an EDEK of a DEK of the caller's choice, from public data alone: the reference, its public key if it has one, other EDEKs.
   * It has to unwrap where the manifest says `public-key`, and must not where it says `authenticated`.
   */
  forgeEdek?(kek: Kek, like: Edek): Promise<Edek>
}
