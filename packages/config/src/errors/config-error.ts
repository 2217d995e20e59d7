/** The stable codes of {@link ConfigError}. */
export type ConfigErrorCode = 'CONFIG_UNREADABLE' | 'CONFIG_INVALID' | 'CONFIG_UNTRUSTED'

/**
 * Reports a configuration file that cannot be used: it cannot be read, its content is wrong, or others may change it or the provider that it names.
 *
 * The message is one line that names the file or the path in it, and never holds a value of the document.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code: ConfigErrorCode

  constructor(code: ConfigErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
