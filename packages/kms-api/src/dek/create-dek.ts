import { startupSnapshot } from 'node:v8'
import workerThreads from 'node:worker_threads'

import type { Dek, DekClaimOptions, DekPurpose } from '../contract/dek.ts'
import { DekError } from '../errors/dek-error.ts'
import { describeType } from '../errors/describe-type.ts'
import { redact } from '../redaction/redact.ts'
import { Key, KEY_LENGTH } from './key.ts'
import { checkRegions, open, seal } from './regions.ts'

const ORIGINS: ReadonlySet<unknown> = new Set<Dek['origin']>(['generated', 'unwrapped'])
const MIN_SALT = 16
const MAX_INFO = 1024

/**
 * Creates a DEK of 32 raw bytes, for providers.
 *
 * @param bytes - ownership passes to this function: they are zeroed before it returns or throws. Keep them in memory of their own (`new ArrayBuffer(32)`), not in
 * Node's shared pool.
 * @param origin - `generated` for a fresh key, `unwrapped` for the key of an existing EDEK, which then only decrypts.
 * @throws TypeError if `bytes` are not 32 bytes. A provider must check the length first and report its KMS.
 * @throws `DEK_SNAPSHOT` while a start-up snapshot is built.
 */
export function createDek(bytes: Uint8Array, origin: Dek['origin']): Dek {
  if (!(bytes instanceof Uint8Array))
    throw new TypeError(`"bytes" expected a Uint8Array of length ${KEY_LENGTH}, got ${describeType(bytes)}`)
  try {
    if (startupSnapshot.isBuildingSnapshot()) throw new DekError('DEK_SNAPSHOT')
    if (bytes.length !== KEY_LENGTH) {
      throw new TypeError(`"bytes" expected a Uint8Array of length ${KEY_LENGTH}, got length=${bytes.length}`)
    }
    if (!ORIGINS.has(origin)) throw new TypeError('"origin" expected "generated" or "unwrapped"')
    return new DekHandle(new Key(bytes, origin))
  } finally {
    bytes.fill(0)
  }
}

/** One handle. All of its state is private and hidden from inspection. */
class DekHandle implements Dek {
  readonly #key: Key
  /** The purpose that this handle of an unwrapped key is claimed for. */
  #purpose: DekPurpose | undefined
  #destroyed = false

  constructor(key: Key) {
    this.#key = key
    key.acquire()
    // A copy in another thread would be a second counter under the same key.
    workerThreads.markAsUncloneable(this)
    Object.freeze(this)
  }

  get origin(): Dek['origin'] {
    return this.#key.origin
  }

  claim(purpose: DekPurpose, options: DekClaimOptions = {}): void {
    this.#usable().claim(purpose, this.#claimed, options)
    this.#purpose = purpose
  }

  sealRegions(slab: Uint8Array, regions: Uint32Array, count: number): void {
    const key = this.#usable()
    if (key.origin !== 'generated') throw new DekError('DEK_DECRYPT_ONLY')
    if (!key.ciphers(this.#claimed)) throw new DekError('DEK_CLAIMED')
    key.spend(count, checkRegions(slab, regions, count))
    seal(key.object, key.ivs, slab, regions, count)
  }

  openRegions(slab: Uint8Array, regions: Uint32Array, count: number, status: Uint8Array): number {
    const key = this.#usable()
    if (!key.ciphers(this.#claimed)) throw new DekError('DEK_CLAIMED')
    checkRegions(slab, regions, count)
    if (status.length < count)
      throw new RangeError(`"status" expected at least ${count} bytes, got length=${status.length}`)
    return open(key.object, slab, regions, count, status)
  }

  deriveDek(salt: Uint8Array, info: Uint8Array): Dek {
    const key = this.#usable()
    if (key.origin === 'generated' && salt.length < MIN_SALT) {
      throw new RangeError(`"salt" expected at least ${MIN_SALT} fresh random bytes, got length=${salt.length}`)
    }
    if (info.length > MAX_INFO)
      throw new RangeError(`"info" expected at most ${MAX_INFO} bytes, got length=${info.length}`)
    const derived = key.derive(this.#claimed ?? 'envelopes', salt, info)
    if (this.#claimed === undefined) this.claim('envelopes')
    return new DekHandle(derived)
  }

  lease(): Dek {
    return new DekHandle(this.#usable())
  }

  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    this.#key.release()
  }

  [Symbol.dispose](): void {
    this.destroy()
  }

  static {
    redact(this.prototype, 'Dek(redacted)')
  }

  /** The claim of a generated key holds for all of its handles, the claim of an unwrapped one for this handle. */
  get #claimed(): DekPurpose | undefined {
    return this.#key.origin === 'generated' ? this.#key.purpose : this.#purpose
  }

  #usable(): Key {
    if (this.#destroyed) throw new DekError('DEK_DESTROYED')
    return this.#key
  }
}
