import { expect, test } from 'vitest'

import { rule } from '../rules/r5-layers.ts'
import { manifestOf, scratchWorkspace } from './scratch.ts'

const judge = (files: Readonly<Record<string, string>>): unknown =>
  rule.workspace?.(
    scratchWorkspace({
      'packages/re/package.json': manifestOf('@keyfold/record-encryption', 'type:encryption'),
      ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`packages/re/src/${name}`, text])),
    }),
  )

test('wire/ may read bytes and hash', () => {
  expect(
    judge({
      'wire/a.ts':
        "import { ByteReader } from '@keyfold/kms-api/bytes'\nimport { createHash } from 'node:crypto'\nimport type { RecordHeader } from '../types.ts'",
    }),
  ).toEqual([])
})

test.each([
  ['the types of keys', "import type { Dek } from '@keyfold/kms-api'"],
  ['ciphers', "import { createCipheriv } from 'node:crypto'"],
  ['the whole of node:crypto', "import * as crypto from 'node:crypto'"],
  ['a type of dek/', "import type { X } from '../dek/x.ts'"],
])('wire/ that sees %s is caught', (_, source) => {
  expect(judge({ 'wire/a.ts': source })).toEqual([
    expect.stringMatching(/^packages\/re\/src\/wire\/a\.ts:1 .*wire\/ never sees a key$/),
  ])
})

test('wire/ that loads dek/ through another file is caught', () => {
  expect(judge({ 'wire/a.ts': "import '../b.ts'", 'b.ts': "import './dek/c.ts'", 'dek/c.ts': '' })).toEqual([
    'packages/re/src/wire/a.ts loads src/dek/c.ts, itself or through others: wire/ never sees a key',
  ])
})

test.each([
  ['of wire/', "import type { Parcel } from '../wire/parcel.ts'"],
  ['of records/', "import type { Slice } from '../records/slice.ts'"],
  ['of a record', "import type { KafkaRecord } from '../types.ts'"],
])('dek/ that imports a type %s is caught', (_, source) => {
  expect(judge({ 'dek/a.ts': source })).toEqual([
    expect.stringMatching(/^packages\/re\/src\/dek\/a\.ts:1 .*dek\/ never sees a record$/),
  ])
})
