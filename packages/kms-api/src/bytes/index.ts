import { requireNode } from '../errors/require-node.ts'

export type { ByteFormatReason } from './byte-format-error.ts'

export { ByteFormatError } from './byte-format-error.ts'
export { ByteReader } from './byte-reader.ts'
export { ByteWriter } from './byte-writer.ts'
export { readBytes } from './read-bytes.ts'
export { uvarintLength, writeUvarint, writeZvarint, zvarintLength } from './varint.ts'

requireNode(process.versions.node)
