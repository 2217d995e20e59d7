import type { KmsConfig } from '@keyfold/kms-api'

/** What a process of its own needs to use the provider once. */
export interface ChildProvider {
  /** The module whose default export is the provider, as a file URL: what `./kms-provider` of the package leads to. */
  readonly module: string | URL
  /** The configuration. It goes to the child through its standard input. */
  readonly config: KmsConfig
  /** A KEK that exists. */
  readonly kekSelector: string
  readonly baseDirectory?: string | undefined
  /** Conditions of `exports` beside Node's own, where the provider runs from sources. */
  readonly conditions?: readonly string[] | undefined
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined
}
