import { expect, it } from 'vitest'

import { SettledRecords } from '../../../src/adapters/shared/settled-records.ts'

const place = (offset: string, timestamp = '1') => ({ topic: 't', partition: 0, offset, timestamp })

it('remembers a record until its offset is committed, and takes another record at that offset for another', () => {
  const settled = new SettledRecords()
  for (const offset of ['9', '10', '11']) settled.add(place(offset))
  settled.committed('other', 0, '99')
  settled.committed('t', 1, '99')
  settled.committed('t', 0, 'not an offset')
  // As numbers, not as text.
  settled.committed('t', 0, '10')
  expect(['9', '10', '11'].map((offset) => settled.has(place(offset)))).toEqual([false, true, true])
  expect(settled.has(place('10', '2'))).toBe(false)
  settled.committed('t', 0, '11')
  expect(settled.has(place('10'))).toBe(false)
  expect(settled.has(place('11'))).toBe(true)
})
