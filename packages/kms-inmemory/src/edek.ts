import { ByteWriter, readBytes } from '@keyfold/kms-api/bytes'
import { formatUuid, kekReferences, parseUuid } from '@keyfold/kms-api/provider-kit'

/** The provider's short name. */
export const PROVIDER = 'inmemory'

/** Creates a reference. An EDEK does not say under which version it was wrapped, so only a resolved reference has one. */
export const kekReference = kekReferences(PROVIDER)

/** What an EDEK holds. */
export interface EdekFields {
  /** Whether an encryption context is bound to it, as additional authenticated data. */
  readonly bound: boolean
  /** Length of the authentication tag in bits: 128, 120, 112, 104 or 96. */
  readonly tagBits: number
  /** At most 255 bytes. */
  readonly iv: Uint8Array
  /** The UUID of the KEK. */
  readonly kekId: string
  /** The encrypted DEK, then the tag. */
  readonly wrapped: Uint8Array
}

/** The first byte of an EDEK with a bound context. No tag has a length of one bit. */
const BOUND = 0x01
const TAG_BITS: ReadonlySet<number> = new Set([128, 120, 112, 104, 96])
const MAX_IV = 0xff
const UUID_LENGTH = 16

/**
 * Decodes an EDEK. The layout has one form for any fields: what is decoded is encoded again as the same bytes.
 *
 * ```abnf
 * edek     = unbound / bound
 * unbound  = tag-bits iv-length iv kek-id wrapped   ; as Kroxylicious's in-memory KMS writes it
 * bound    = %x01 unbound                           ; with an encryption context, Keyfold's own
 * tag-bits = %x60 / %x68 / %x70 / %x78 / %x80
 * iv       = *OCTET                                 ; iv-length of them, 12 where Keyfold writes it
 * kek-id   = 16OCTET                                ; the UUID in the order of its text
 * wrapped  = *OCTET                                 ; the rest: AES-256-GCM of the DEK, with the tag
 * ```
 *
 * @param bytes - neither kept nor changed.
 * @returns `undefined` for bytes that are no EDEK.
 */
export function decodeEdek(bytes: Uint8Array): EdekFields | undefined {
  return readBytes(bytes, (reader) => {
    const first = reader.u8()
    const bound = first === BOUND
    const tagBits = bound ? reader.u8() : first
    if (!TAG_BITS.has(tagBits)) return undefined
    const iv = new Uint8Array(reader.take(reader.u8()))
    const kekId = formatUuid(reader.take(UUID_LENGTH))
    return { bound, tagBits, iv, kekId, wrapped: new Uint8Array(reader.take(reader.remaining)) }
  })
}

/**
 * Encodes an EDEK. The caller owns the result.
 *
 * @throws RangeError for fields that no reader accepts: another length of tag, an IV of more than 255 bytes, no UUID.
 */
export function encodeEdek({ bound, tagBits, iv, kekId, wrapped }: EdekFields): Uint8Array {
  if (!TAG_BITS.has(tagBits)) throw new RangeError(`"tagBits" expected 128, 120, 112, 104 or 96, got ${tagBits}`)
  if (iv.length > MAX_IV) throw new RangeError(`"iv" expected at most ${MAX_IV} bytes, got length=${iv.length}`)
  const kek = parseUuid(kekId)
  if (kek === undefined) throw new RangeError('"kekId" expected a UUID of 36 characters in lower case')
  const writer = new ByteWriter(new Uint8Array((bound ? 1 : 0) + 2 + iv.length + UUID_LENGTH + wrapped.length))
  if (bound) writer.u8(BOUND)
  return writer.u8(tagBits).u8(iv.length).bytes(iv).bytes(kek).bytes(wrapped).written()
}
