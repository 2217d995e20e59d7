export { createEndRecord } from './end-record.ts'
export { formatRecord } from './format-record.ts'
export { NdjsonError } from './ndjson-error.ts'
export { parseRecordLine } from './parse-record-line.ts'
export { readLineBatches, readLines } from './read-lines.ts'

export type { EndRecordWriter } from './end-record.ts'
export type { NdjsonRecord, ValueMode } from './ndjson-record.ts'
export type { ReadLinesOptions } from './read-lines.ts'
