import {
  encodeEncryptionContext,
  InvalidEdekError,
  InvalidResponseError,
  isKmsError,
  KekMismatchError,
  UnknownKeyError,
  type Dek,
  type DekPair,
  type Edek,
  type EncryptionContext,
  type Kek,
  type Kms,
  type KmsCallOptions,
  type KmsErrorDetails,
  type KmsHealth,
  type KmsOperation,
} from '@keyfold/kms-api'
import { assertEdek, assertKek, assertKekSelector } from '@keyfold/kms-api/provider-kit'

import { checkKey } from './answers/check-key.ts'
import { takeDek } from './answers/take-dek.ts'
import type { AwsClient } from './client/aws-client.ts'
import { decodeEdek } from './codec/decode-edek.ts'
import { MAX_BLOB, type EdekFields } from './codec/edek-fields.ts'
import { encodeEdek } from './codec/encode-edek.ts'
import { parseArn } from './keys/arn.ts'
import type { Boundary } from './keys/boundary.ts'
import { kekReference, PROVIDER } from './keys/kek-reference.ts'
import { keyIdOfSelector } from './keys/key-id-of-selector.ts'

/** Asked for by `health()`: nobody needs to have it. */
const HEALTH_ALIAS = 'alias/keyfold-health'

/** AWS KMS behind the contract. */
export class AwsKms implements Kms {
  readonly #client: AwsClient
  readonly #boundary: Boundary

  constructor(client: AwsClient, boundary: Boundary) {
    this.#client = client
    this.#boundary = boundary
  }

  async resolveKek(kekSelector: string, { signal }: KmsCallOptions = {}): Promise<Kek> {
    const operation = 'resolveKek'
    this.#begin(operation, signal)
    assertKekSelector(kekSelector)
    const KeyId = keyIdOfSelector(kekSelector, this.#boundary)
    const { DescribeKeyCommand } = this.#client.sdk
    const { KeyMetadata } = await this.#client.request(
      { operation, kekSelector, permission: 'kms:DescribeKey', signal },
      (client, guard, abortSignal) => client.send(guard(new DescribeKeyCommand({ KeyId })), { abortSignal }),
    )
    const id = this.#kekIdOf(KeyMetadata?.Arn, kekSelector)
    if (KeyMetadata === undefined || id === undefined)
      throw new InvalidResponseError('the key that was asked for', details(operation))
    const kek = kekReference(id, versionOf(KeyMetadata.CurrentKeyMaterialId))
    checkKey(KeyMetadata, { ...details(operation), kek: kekReference(id) })
    return kek
  }

  async generateDekPair(kek: Kek, { encryptionContext, signal }: KmsCallOptions = {}): Promise<DekPair> {
    const operation = 'generateDekPair'
    this.#begin(operation, signal)
    assertKek(kek)
    const EncryptionContext = copyOf(encryptionContext)
    const named = kekReference(kek.id)
    if (kek.provider !== PROVIDER || !this.#boundary.contains(named.id))
      throw new UnknownKeyError({ ...details(operation), kek: { ...kek } })
    const KeyId = this.#boundary.keyIdOfRequest(named.id)
    const { GenerateDataKeyCommand } = this.#client.sdk
    const answer = await this.#client.request(
      { operation, kek: named, permission: 'kms:GenerateDataKey', signal },
      (client, guard, abortSignal) =>
        client.send(guard(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', ...EncryptionContext })), {
          abortSignal,
        }),
      wipe,
    )
    try {
      const { CiphertextBlob: blob } = answer
      this.#checkResponse(named, answer.KeyId, operation)
      if (!(blob instanceof Uint8Array) || blob.length === 0 || blob.length > MAX_BLOB) {
        throw new InvalidResponseError('an encrypted key', { ...details(operation), kek: named })
      }
      const edek = encodeEdek({ bound: EncryptionContext !== undefined, keyId: named.id, blob })
      return { dek: takeDek(answer.Plaintext, 'generated', { ...details(operation), kek: named }), edek }
    } finally {
      wipe(answer)
    }
  }

  async decryptEdek(kek: Kek, edek: Edek, { encryptionContext, signal }: KmsCallOptions = {}): Promise<Dek> {
    const operation = 'decryptEdek'
    this.#begin(operation, signal)
    assertKek(kek)
    assertEdek(edek)
    const EncryptionContext = copyOf(encryptionContext)
    const { bound, keyId, blob } = this.#fieldsOf(edek, operation)
    if (kek.provider !== PROVIDER || kek.id !== keyId) throw new KekMismatchError(details(operation))
    if (bound !== (EncryptionContext !== undefined)) throw new InvalidEdekError(details(operation))
    const named = kekReference(keyId)
    // Always with the key: without it AWS KMS would take whichever key the blob names.
    const KeyId = this.#boundary.keyIdOfRequest(keyId)
    const { DecryptCommand } = this.#client.sdk
    const answer = await this.#client.request(
      { operation, kek: named, permission: 'kms:Decrypt', signal },
      (client, guard, abortSignal) =>
        client.send(guard(new DecryptCommand({ KeyId, CiphertextBlob: blob, ...EncryptionContext })), { abortSignal }),
      wipe,
    )
    try {
      this.#checkResponse(named, answer.KeyId, operation)
      return takeDek(answer.Plaintext, 'unwrapped', { ...details(operation), kek: named })
    } finally {
      wipe(answer)
    }
  }

  kekOf(edek: Edek): Kek {
    this.#client.checkOpen('kekOf')
    assertEdek(edek)
    return kekReference(this.#fieldsOf(edek, 'kekOf').keyId)
  }

  async health(): Promise<KmsHealth> {
    const operation = 'health'
    this.#begin(operation)
    const { DescribeKeyCommand } = this.#client.sdk
    try {
      await this.#client.request({ operation }, (client, guard, abortSignal) =>
        client.send(guard(new DescribeKeyCommand({ KeyId: HEALTH_ALIAS })), { abortSignal }),
      )
      return { status: 'ok' }
    } catch (error) {
      if (!isKmsError(error) || error.code === 'KMS_CLOSED') throw error
      // Both are answers of AWS KMS to somebody that it knows.
      if (error.code === 'KMS_UNKNOWN_KEY' || error.code === 'KMS_ACCESS_DENIED') return { status: 'ok' }
      return { status: error.code === 'KMS_THROTTLED' ? 'degraded' : 'down', detail: error.code }
    }
  }

  async close(): Promise<void> {
    this.#client.close()
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #begin(operation: KmsOperation, signal?: AbortSignal): void {
    this.#client.checkOpen(operation)
    signal?.throwIfAborted()
  }

  /** Reads an EDEK inside of the boundary. */
  #fieldsOf(edek: Edek, operation: KmsOperation): EdekFields {
    const fields = decodeEdek(edek)
    if (fields === undefined || !this.#boundary.contains(fields.keyId)) throw new InvalidEdekError(details(operation))
    return fields
  }

  /** Gives the `Kek.id` of what was resolved, `undefined` when the answer is of another key or account than the selector's. */
  #kekIdOf(answered: string | undefined, kekSelector: string): string | undefined {
    const arn = typeof answered === 'string' ? parseArn(answered) : undefined
    if (arn?.kind !== 'key') return undefined
    const asked = parseArn(kekSelector)
    if (asked?.kind === 'key') {
      const id = this.#boundary.kekIdOf(asked)
      return id !== undefined && this.#boundary.isResponseFor(id, answered) ? id : undefined
    }
    const account = asked?.account ?? this.#boundary.account
    if (account !== undefined && arn.account !== account) return undefined
    const keyId = keyIdOfSelector(kekSelector, this.#boundary)
    if (!keyId.startsWith('alias/') && asked === undefined && arn.name !== keyId) return undefined
    // Without an ARN in the selector, the key is of the caller's account: its id says all.
    return asked === undefined
      ? this.#boundary.contains(arn.name)
        ? arn.name
        : undefined
      : this.#boundary.kekIdOf(arn)
  }

  #checkResponse(kek: Kek, keyId: unknown, operation: KmsOperation): void {
    if (!this.#boundary.isResponseFor(kek.id, keyId))
      throw new InvalidResponseError('the key that was asked for', { ...details(operation), kek })
  }
}

function details(operation: KmsOperation): KmsErrorDetails {
  return { provider: PROVIDER, operation }
}

/** Copies a context, because the caller may change it; `{}` counts as absent. @throws TypeError for what is no context. */
function copyOf(context: EncryptionContext | undefined): { EncryptionContext: Record<string, string> } | undefined {
  return encodeEncryptionContext(context) === undefined ? undefined : { EncryptionContext: { ...context } }
}

function versionOf(keyMaterialId: unknown): string | undefined {
  return typeof keyMaterialId === 'string' && keyMaterialId !== '' ? keyMaterialId : undefined
}

function wipe({ Plaintext }: { readonly Plaintext?: Uint8Array | undefined }): void {
  if (Plaintext instanceof Uint8Array) Plaintext.fill(0)
}
