/**
 * The parts of {@link createEncryptionFromFile} for command lines and other tools that work on the configuration file itself: reading and checking it,
 * loading its provider, and guarding it against changes by others.
 *
 * @packageDocumentation
 */
export type { NamedProvider } from './document/config-json-schema.ts'
export type { SecretFinding } from './document/check-secret-files.ts'
export type { ConfigDocument, ConfigPolicies } from './document/document-schema.ts'
export type { LoadedConfig } from './document/load-config.ts'
export type { LoadProviderOptions } from './providers/load-provider.ts'
export type { Session, SessionOptions } from './session/open-session.ts'
export type { GuardedFile } from './trust/read-guarded-file.ts'
export type { Visit } from './trust/walk-path.ts'

export { checkSecretFiles } from './document/check-secret-files.ts'
export { configJsonSchema } from './document/config-json-schema.ts'
export { describeProblems } from './document/describe-problems.ts'
export { loadConfig } from './document/load-config.ts'
export { fromProvider } from './providers/from-provider.ts'
export { loadProvider } from './providers/load-provider.ts'
export { openSession } from './session/open-session.ts'
export { describeOwner, isForeign } from './trust/guard-file.ts'
export { readGuardedFile } from './trust/read-guarded-file.ts'
export { walkPath } from './trust/walk-path.ts'
