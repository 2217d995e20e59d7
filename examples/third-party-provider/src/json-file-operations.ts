import { randomFillSync } from 'node:crypto'

import {
  InvalidEdekError,
  InvalidResponseError,
  KeyUnavailableError,
  UnknownAliasError,
  UnknownKeyError,
  type Edek,
  type Kek,
  type KmsErrorDetails,
  type KmsHealth,
  type Secret,
} from '@keyfold/kms-api'
import {
  parseUuid,
  type BoundContext,
  type DecodedEdek,
  type GeneratedDek,
  type ProviderCall,
  type ProviderOperations,
} from '@keyfold/kms-api/provider-kit'

import { decodeEdek, encodeEdek, kekReference, PROVIDER, type EdekFields } from './edek.ts'
import { openVersion, readKeks, type ReadFile, type StoredKek } from './key-file.ts'
import { revealMasterKey } from './master-key.ts'
import { openKey, sealKey } from './seal.ts'

/** What a client needs. */
export interface JsonFileOptions {
  readonly path: string
  readonly masterKey: Secret
  readonly read: ReadFile
}

/** The operations of a client of the KEKs in one file, which is read anew for each call. */
export class JsonFileOperations implements ProviderOperations<EdekFields> {
  readonly provider = PROVIDER
  readonly #options: JsonFileOptions

  constructor(options: JsonFileOptions) {
    this.#options = options
  }

  accept({ id }: Kek): Kek | undefined {
    return parseUuid(id) === undefined ? undefined : kekReference(id)
  }

  decode(edek: Edek): DecodedEdek<EdekFields> | undefined {
    const fields = decodeEdek(edek)
    return fields && { kek: kekReference(fields.kekId), bound: fields.bound, fields }
  }

  async resolve(kekSelector: string, _context: BoundContext | undefined, call: ProviderCall): Promise<Kek> {
    const details = { ...detailsOf(call), kekSelector }
    const keks = await this.#keks(details, call)
    const stored = keks.find(({ id, name }) => id === kekSelector || name === kekSelector)
    if (stored === undefined) throw new UnknownAliasError(kekSelector, details)
    return kekReference(usable(stored, details).id, String(stored.versions.length))
  }

  async generate(kek: Kek, context: BoundContext | undefined, call: ProviderCall): Promise<GeneratedDek> {
    const details = { ...detailsOf(call), kek }
    const stored = find(await this.#keks(details, call), kek, details)
    const version = stored.versions.length
    return await this.#withVersion(stored, version, details, (key) => {
      if (key === undefined) throw new InvalidResponseError('a KEK with a version', details)
      const bytes = randomFillSync(new Uint8Array(new ArrayBuffer(32)))
      const wrapped = sealKey(key, bytes, context?.bytes)
      return { bytes, edek: encodeEdek({ bound: context !== undefined, kekId: stored.id, version, ...wrapped }) }
    })
  }

  async unwrap(
    { version, iv, wrapped }: EdekFields,
    kek: Kek,
    context: BoundContext | undefined,
    call: ProviderCall,
  ): Promise<Uint8Array> {
    const details = detailsOf(call)
    const stored = find(await this.#keks({ ...details, kek }, call), kek, details)
    return await this.#withVersion(stored, version, details, (key) => {
      const bytes = key && openKey(key, iv, wrapped, context?.bytes)
      if (bytes === undefined) throw new InvalidEdekError(details)
      return bytes
    })
  }

  async ping(call: ProviderCall): Promise<KmsHealth> {
    await this.#keks(detailsOf(call), call)
    return { status: 'ok' }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #keks(details: KmsErrorDetails, { signal }: ProviderCall): Promise<readonly StoredKek[]> {
    const { read, path } = this.#options
    return readKeks(read, path, signal, details)
  }

  /** Lends one version of a KEK, `undefined` if there is no such version, and zeroes it. */
  async #withVersion<T>(
    kek: StoredKek,
    version: number,
    details: KmsErrorDetails,
    use: (key: Uint8Array | undefined) => T,
  ): Promise<T> {
    const masterKey = await revealMasterKey(this.#options.masterKey, details)
    let key: Uint8Array | undefined
    try {
      key = openVersion(kek, version, masterKey, details)
      return use(key)
    } finally {
      masterKey.fill(0)
      key?.fill(0)
    }
  }
}

function detailsOf({ operation }: ProviderCall): KmsErrorDetails {
  return { provider: PROVIDER, operation }
}

function find(keks: readonly StoredKek[], kek: Kek, details: KmsErrorDetails): StoredKek {
  const stored = keks.find(({ id }) => id === kek.id)
  if (stored === undefined) throw new UnknownKeyError({ ...details, kek })
  return usable(stored, details)
}

function usable(stored: StoredKek, details: KmsErrorDetails): StoredKek {
  if (stored.disabled) throw new KeyUnavailableError('disabled', { ...details, kek: kekReference(stored.id) })
  return stored
}
