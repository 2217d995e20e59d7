import workerThreads from 'node:worker_threads'

import { describeType } from '../errors/describe-type.ts'
import { KmsConfigError } from '../errors/kms-errors.ts'
import { redact } from '../redaction/redact.ts'
import { readSecretFile, type SecretOptions } from './read-secret-file.ts'

export type { SecretOptions } from './read-secret-file.ts'

/** The source of a secret in the configuration: exactly one of the value itself, a file or an environment variable. */
export type SecretConfig =
  | { readonly value: string; readonly file?: undefined; readonly env?: undefined }
  | { readonly file: string; readonly value?: undefined; readonly env?: undefined }
  | { readonly env: string; readonly value?: undefined; readonly file?: undefined }

/** A secret of the configuration. It prints as `Secret(redacted)` and is not cloned. */
export interface Secret {
  /**
   * Reads the secret: a file or a variable anew each time, so that a renewed one is found. Of a file, one final newline is cut.
   *
   * @throws `KMS_CONFIG` when the file cannot be read or the secret is empty; names the field, not its value.
   */
  reveal(): Promise<string>
}

/**
 * Creates a {@link Secret} from its configuration. Nothing is read yet.
 *
 * @throws `KMS_CONFIG` unless exactly one of `value`, `file` and `env` is a string that is not empty.
 */
export function createSecret(config: SecretConfig, options: SecretOptions): Secret {
  return new ConfiguredSecret(config, options)
}

/** All of its state is private and hidden from inspection. */
class ConfiguredSecret implements Secret {
  readonly #read: () => string | Promise<string>

  constructor(config: SecretConfig, options: SecretOptions) {
    this.#read = reader(config, options)
    workerThreads.markAsUncloneable(this)
  }

  async reveal(): Promise<string> {
    return await this.#read()
  }

  static {
    redact(this.prototype, 'Secret(redacted)')
  }
}

function reader(config: SecretConfig, options: SecretOptions): () => string | Promise<string> {
  const { kind, text } = sourceOf(config, options)
  switch (kind) {
    case 'value':
      return () => text
    case 'file':
      return () => readSecretFile(text, options)
    case 'env':
      return () => readVariable(text, options)
  }
}

function sourceOf(config: unknown, options: SecretOptions): { kind: 'value' | 'file' | 'env'; text: string } {
  const problem = (suffix: string, text: string) =>
    new KmsConfigError(options.path + suffix, text, { provider: options.provider, operation: 'create' })
  if (typeof config !== 'object' || config === null) {
    throw problem('', `expected an object with "value", "file" or "env", got ${describeType(config)}`)
  }
  const given = (['value', 'file', 'env'] as const).filter((kind) => (config as SecretConfig)[kind] !== undefined)
  const [kind] = given
  if (kind === undefined || given.length > 1)
    throw problem('', `expected exactly one of "value", "file" and "env", got ${given.length}`)
  const text: unknown = (config as SecretConfig)[kind]
  if (typeof text !== 'string' || text === '')
    throw problem(`.${kind}`, `expected a non-empty string, got ${describeType(text)}`)
  return { kind, text }
}

function readVariable(name: string, options: SecretOptions): string {
  const value = Object.hasOwn(process.env, name) ? process.env[name] : undefined
  if (value === undefined || value === '') {
    const got = value === undefined ? 'one that is not set' : 'an empty one'
    throw new KmsConfigError(
      `${options.path}.env`,
      `expected the name of an environment variable with a value, got ${got}`,
      { provider: options.provider, operation: 'create' },
    )
  }
  return value
}
