import { ByteWriter, readBytes } from '@keyfold/kms-api/bytes'
import { formatUuid, kekReferences, parseUuid } from '@keyfold/kms-api/provider-kit'

/** The provider's short name. It is part of every reference, so it never changes. */
export const PROVIDER = 'acme-jsonfile'

/** Creates a reference. The reference of an EDEK has no version. */
export const kekReference = kekReferences(PROVIDER)

/** What an EDEK holds. */
export interface EdekFields {
  readonly bound: boolean
  readonly kekId: string
  readonly version: number
  readonly iv: Uint8Array
  readonly wrapped: Uint8Array
}

const FORMATS = { unbound: 0x01, bound: 0x02 } as const
const LENGTH = 1 + 16 + 4 + 12 + 48

/**
 * Reads an EDEK, which has one form only.
 *
 * ```abnf
 * edek    = format kek-id version iv wrapped
 * format  = %x01 / %x02     ; without, with an encryption context
 * kek-id  = 16OCTET         ; a UUID
 * version = 4OCTET          ; u32 big-endian, from 1
 * iv      = 12OCTET
 * wrapped = 48OCTET         ; AES-256-GCM of the DEK, then the tag
 * ```
 *
 * @returns `undefined` for bytes that are no EDEK.
 */
export function decodeEdek(edek: Uint8Array): EdekFields | undefined {
  if (edek.length !== LENGTH) return undefined
  return readBytes(edek, (reader) => {
    const format = reader.u8()
    if (format !== FORMATS.unbound && format !== FORMATS.bound) return undefined
    const kekId = formatUuid(reader.take(16))
    const version = new DataView(new Uint8Array(reader.take(4)).buffer).getUint32(0)
    return {
      bound: format === FORMATS.bound,
      kekId,
      version,
      iv: reader.take(12).slice(),
      wrapped: reader.take(48).slice(),
    }
  })
}

/** Writes an EDEK. The caller owns the result. */
export function encodeEdek({ bound, kekId, version, iv, wrapped }: EdekFields): Uint8Array {
  const id = parseUuid(kekId)
  if (id === undefined) throw new RangeError('"kekId" expected a UUID')
  const number = new Uint8Array(4)
  new DataView(number.buffer).setUint32(0, version)
  const writer = new ByteWriter(new Uint8Array(LENGTH)).u8(bound ? FORMATS.bound : FORMATS.unbound)
  return writer.bytes(id).bytes(number).bytes(iv).bytes(wrapped).written()
}
