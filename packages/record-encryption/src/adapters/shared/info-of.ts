import type { DecryptedInfo } from '../../records/kafka-record.ts'

/** Returns its argument, so that a derived class adds its private fields to it. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- it is there for its constructor
class Given {
  constructor(message: object) {
    return message
  }
}

/** Puts the info on a message where nobody sees it: no copy, no loop and no `inspect`. A WeakMap took a microsecond a record. */
class Stamp extends Given {
  #info: DecryptedInfo

  constructor(message: object, info: DecryptedInfo) {
    super(message)
    this.#info = info
  }

  static put(message: object, info: DecryptedInfo): void {
    if (#info in message) message.#info = info
    else new Stamp(message, info)
  }

  static of(message: object): DecryptedInfo | undefined {
    return #info in message ? message.#info : undefined
  }
}

/** Remembers what happened to a message, outside of it: nothing extra stands on a message that is forwarded. */
export function rememberInfo(message: object, info: DecryptedInfo): void {
  Stamp.put(message, info)
}

/**
 * Returns what happened to a message that a wrapped consumer delivered: whether it was decrypted, and which of its fields were verified against the binding
 * trailer.
 *
 * @returns undefined for any other object, a copy of such a message included.
 */
export function infoOf(message: object): DecryptedInfo | undefined {
  return Stamp.of(message)
}
