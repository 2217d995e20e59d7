import type { DecryptedInfo } from '../../records/kafka-record.ts'

const INFO = new WeakMap<object, DecryptedInfo>()

/** Remembers what happened to a message, outside of it: nothing extra stands on a message that is forwarded. */
export function rememberInfo(message: object, info: DecryptedInfo): void {
  INFO.set(message, info)
}

/**
 * Returns what happened to a message that a wrapped consumer delivered: whether it was decrypted, and which of its fields were verified against the binding
 * trailer.
 *
 * @returns undefined for any other object, a copy of such a message included.
 */
export function infoOf(message: object): DecryptedInfo | undefined {
  return INFO.get(message)
}
