import { Buffer } from 'node:buffer'

/** What somebody who can write to the broker tries with a record, and how each try has to end. */
export interface Attack {
  readonly name: string
  /** Makes the line that the consumer will read, from a genuine one. */
  readonly forge: (line: string) => string
}

interface Line {
  topic: string
  key: string
  value: unknown
  headers?: unknown
}

const change = (line: string, edit: (record: Line) => void): string => {
  const record = JSON.parse(line) as Line
  edit(record)
  return JSON.stringify(record)
}

export const attacks: readonly Attack[] = [
  {
    name: 'one bit of the value flipped',
    forge: (line) =>
      change(line, (record) => {
        const bytes = Buffer.from((record.value as { base64: string }).base64, 'base64')
        const middle = bytes.length - 40
        bytes[middle] = (bytes[middle] as number) ^ 1
        record.value = { base64: bytes.toString('base64') }
      }),
  },
  {
    name: 'moved to topic flights-copy, which has the same KEK',
    forge: (line) =>
      change(line, (record) => {
        record.topic = 'flights-copy'
      }),
  },
  {
    name: 'given to another key',
    forge: (line) =>
      change(line, (record) => {
        record.key = 'XXX'
      }),
  },
  {
    name: 'replaced by plaintext',
    forge: (line) =>
      change(line, (record) => {
        record.value = '{"date":"2001/01/01 00:47","delay":0}'
        delete record.headers
      }),
  },
]
