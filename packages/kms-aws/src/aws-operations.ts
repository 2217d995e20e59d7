import { InvalidResponseError, isKmsError, type Kek, type KmsErrorDetails, type KmsHealth } from '@keyfold/kms-api'
import type { BoundContext, GeneratedDek, ProviderCall, ProviderOperations } from '@keyfold/kms-api/provider-kit'

import type { AwsClient } from './client/aws-client.ts'
import { decodeEdek, encodeEdek, MAX_BLOB } from './edek.ts'
import type { Boundary } from './keys/boundary.ts'
import { checkKey } from './keys/check-key.ts'
import { keyIdOfSelector } from './keys/key-id-of-selector.ts'
import { kekReference, PROVIDER } from './provider.ts'

/** An alias that nobody needs to have: `health` asks for it. */
const HEALTH_ALIAS = 'alias/keyfold-health'

/** Returns the operations of AWS KMS, over the keys of a boundary. */
export function awsOperations(client: AwsClient, boundary: Boundary): ProviderOperations<Uint8Array> {
  return {
    provider: PROVIDER,

    accept: ({ id }) => (boundary.contains(id) ? kekReference(id) : undefined),

    decode(edek) {
      const fields = decodeEdek(edek)
      if (fields === undefined || !boundary.contains(fields.keyId)) return undefined
      return { kek: kekReference(fields.keyId), bound: fields.bound, fields: fields.blob }
    },

    /** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html */
    async resolve(kekSelector, _context, call) {
      const KeyId = keyIdOfSelector(kekSelector, boundary)
      const { KeyMetadata } = await client.request(
        { ...call, kekSelector, permission: 'kms:DescribeKey' },
        (sdk) => new sdk.DescribeKeyCommand({ KeyId }),
      )
      const details = { ...detailsOf(call), kekSelector }
      const id = boundary.kekIdOfResponse(KeyMetadata?.Arn, kekSelector)
      if (KeyMetadata === undefined || id === undefined)
        throw new InvalidResponseError('the key that was requested', details)
      checkKey(KeyMetadata, { ...details, kek: kekReference(id) })
      return kekReference(id, versionOf(KeyMetadata.CurrentKeyMaterialId))
    },

    /** @see https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html */
    async generate(kek, context, call): Promise<GeneratedDek> {
      const KeyId = boundary.keyIdOfRequest(kek.id)
      const response = await client.request(
        { ...call, kek, permission: 'kms:GenerateDataKey' },
        (sdk) => new sdk.GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', ...contextOf(context) }),
        wipe,
      )
      return withPlaintext(response, kek, call, (bytes) => {
        const { CiphertextBlob: blob } = response
        if (!(blob instanceof Uint8Array) || blob.length === 0 || blob.length > MAX_BLOB)
          throw new InvalidResponseError('an encrypted key', { ...detailsOf(call), kek })
        return { bytes, edek: encodeEdek({ bound: context !== undefined, keyId: kek.id, blob }) }
      })
    },

    /**
     * The request always names the key: without it, AWS KMS would take whichever key the blob names.
     *
     * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
     */
    async unwrap(CiphertextBlob, kek, context, call) {
      const KeyId = boundary.keyIdOfRequest(kek.id)
      const response = await client.request(
        { ...call, kek, permission: 'kms:Decrypt' },
        (sdk) => new sdk.DecryptCommand({ KeyId, CiphertextBlob, ...contextOf(context) }),
        wipe,
      )
      return withPlaintext(response, kek, call, (bytes) => bytes)
    },

    async ping(call): Promise<KmsHealth> {
      try {
        await client.request(call, (sdk) => new sdk.DescribeKeyCommand({ KeyId: HEALTH_ALIAS }))
      } catch (error) {
        // Both are responses of AWS KMS to a principal that it knows.
        if (!isKmsError(error, 'KMS_UNKNOWN_KEY') && !isKmsError(error, 'KMS_ACCESS_DENIED')) throw error
      }
      return { status: 'ok' }
    },

    close() {
      client.close()
      return Promise.resolve()
    },
  }

  /** Checks that a response is about the key that was requested, and passes on its plaintext, which is wiped if it has no owner. */
  function withPlaintext<T>(
    response: PlaintextResponse,
    kek: Kek,
    call: ProviderCall,
    use: (bytes: Uint8Array) => T,
  ): T {
    const { KeyId, Plaintext } = response
    const details = { ...detailsOf(call), kek }
    try {
      if (!boundary.isResponseFor(kek.id, KeyId)) throw new InvalidResponseError('the key that was requested', details)
      if (!(Plaintext instanceof Uint8Array) || Plaintext.length === 0)
        throw new InvalidResponseError('a key of 32 bytes', details)
      return use(Plaintext)
    } catch (error) {
      wipe(response)
      throw error
    }
  }
}

interface PlaintextResponse {
  readonly KeyId?: string | undefined
  /** A view of memory that Node.js shares. */
  readonly Plaintext?: Uint8Array | undefined
}

function detailsOf({ operation }: ProviderCall): KmsErrorDetails {
  return { provider: PROVIDER, operation }
}

function contextOf(context: BoundContext | undefined): { readonly EncryptionContext?: Record<string, string> } {
  return context === undefined ? {} : { EncryptionContext: { ...context.pairs } }
}

function versionOf(keyMaterialId: unknown): string | undefined {
  return typeof keyMaterialId === 'string' && keyMaterialId !== '' ? keyMaterialId : undefined
}

function wipe({ Plaintext }: PlaintextResponse): void {
  if (Plaintext instanceof Uint8Array) Plaintext.fill(0)
}
