import {
  InvalidEdekError,
  KeyUnavailableError,
  KeyVersionAheadError,
  UnknownAliasError,
  type Edek,
  type Kek,
  type KmsError,
  type KmsHealth,
} from '@keyfold/kms-api'
import {
  parseUuid,
  type BoundContext,
  type DecodedEdek,
  type GeneratedDek,
  type ProviderCall,
  type ProviderOperations,
} from '@keyfold/kms-api/provider-kit'

import type { Backend } from './admin/backend.ts'
import { decodeEdek, encodeEdek, kekReference, PROVIDER, type EdekFields } from './edek.ts'
import type { StoredVersion } from './keys/stored-kek.ts'
import { createDekBytes, isUnwrappable, unwrapDek, wrapDek } from './keys/wrap-dek.ts'

/** The operations of one client of the KEKs in a {@link Backend}. */
export class InMemoryOperations implements ProviderOperations<EdekFields> {
  readonly provider = PROVIDER
  readonly #backend: Backend

  constructor(backend: Backend) {
    this.#backend = backend
  }

  accept({ id, version }: Kek): Kek | undefined {
    return parseUuid(id) === undefined ? undefined : kekReference(id, version)
  }

  decode(edek: Edek): DecodedEdek<EdekFields> | undefined {
    const fields = decodeEdek(edek)
    return fields && { kek: kekReference(fields.kekId), bound: fields.bound, fields }
  }

  async resolve(kekSelector: string, _context: BoundContext | undefined, call: ProviderCall): Promise<Kek> {
    await this.#backend.request({ operation: 'resolveKek', kekSelector, signal: call.signal })
    const details = { provider: PROVIDER, operation: call.operation, kekSelector }
    const stored = this.#backend.keks.resolve(kekSelector)
    if (stored === undefined) throw new UnknownAliasError(kekSelector, details)
    const kek = kekReference(stored.id, String(stored.version))
    if (stored.state !== 'enabled') throw new KeyUnavailableError(stored.state, { ...details, kek })
    return kek
  }

  async generate(kek: Kek, context: BoundContext | undefined, call: ProviderCall): Promise<GeneratedDek> {
    await this.#backend.request({ operation: 'generateDekPair', kek, signal: call.signal })
    const { id, newest } = this.#backend.keks.usable(kek, { provider: PROVIDER, operation: call.operation })
    const bytes = createDekBytes()
    return { bytes, edek: encodeEdek(wrapDek(newest, id, bytes, context?.bytes)) }
  }

  async unwrap(
    fields: EdekFields,
    kek: Kek,
    context: BoundContext | undefined,
    call: ProviderCall,
  ): Promise<Uint8Array> {
    const details = { provider: PROVIDER, operation: call.operation }
    if (!isUnwrappable(fields)) throw new InvalidEdekError(details)
    await this.#backend.request({ operation: 'decryptEdek', kek, signal: call.signal })
    for (const version of this.#backend.keks.usable(kek, details).newestFirst) {
      const bytes = unwrapDek(version.key, fields, context?.bytes)
      if (bytes === undefined) continue
      const rejection = rejectionOf(version, kek)
      if (rejection === undefined) return bytes
      bytes.fill(0)
      throw rejection
    }
    throw new InvalidEdekError(details)
  }

  async ping({ signal }: ProviderCall): Promise<KmsHealth> {
    await this.#backend.request({ operation: 'health', signal })
    return { status: 'ok' }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** Why an EDEK of this version is not unwrapped. An EDEK does not say its version here; the error does. */
function rejectionOf({ number, state }: StoredVersion, { id }: Kek): KmsError | undefined {
  if (state === 'enabled') return undefined
  const kek = kekReference(id, String(number))
  const details = { provider: PROVIDER, operation: 'decryptEdek', kek } as const
  return state === 'ahead' ? new KeyVersionAheadError(details) : new KeyUnavailableError('version-unavailable', details)
}
