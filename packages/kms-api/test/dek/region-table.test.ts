import { describe, expect, it } from 'vitest'

import { RegionTable } from '../../src/index.ts'
import { generated, text, unwrapped } from './support.ts'

describe('a table of regions', () => {
  it('holds what was added, in order, as a DEK takes it', () => {
    const table = RegionTable.ofCapacity(2)
    expect([table.count, table.capacity]).toEqual([0, 2])
    table.add(1, 13, 5, 18)
    table.add(40, 52, 2 ** 32 - 1, 60)
    expect(table.count).toBe(2)
    expect([...table.numbers]).toEqual([1, 13, 5, 18, 40, 52, 2 ** 32 - 1, 60])
    expect([table.ivOffset(1), table.textOffset(1), table.textLength(1), table.tagOffset(1)]).toEqual([
      40,
      52,
      2 ** 32 - 1,
      60,
    ])
    expect([...table.range(1, 2)]).toEqual([40, 52, 2 ** 32 - 1, 60])
    expect(table.range(1, 1)).toHaveLength(0)
  })

  it.each([0, 1, 3])('rejects a region more than it has room for, and keeps the %i before', (capacity) => {
    const table = RegionTable.ofCapacity(capacity)
    for (let i = 0; i < capacity; i++) table.add(i, i, i, i)
    expect(() => {
      table.add(9, 9, 9, 9)
    }).toThrow(RangeError)
    expect(table.count).toBe(capacity)
    table.clear()
    expect(table.count).toBe(0)
  })

  it('has no room in numbers that are not enough for a region', () => {
    const table = new RegionTable(new Uint32Array(7))
    expect(table.capacity).toBe(1)
    table.add(0, 0, 0, 0)
    expect(() => {
      table.add(0, 0, 0, 0)
    }).toThrow('capacity 1 is full')
  })

  it('is what encrypts and decrypts', () => {
    const slab = new Uint8Array(33)
    slab.set(text('hello'), 12)
    const table = RegionTable.ofCapacity(1)
    table.add(0, 12, 5, 17)
    const [sealer, opener] = [generated(), unwrapped()]
    sealer.claim('records')
    opener.claim('records')
    sealer.sealRegions(slab, table.numbers, table.count)
    expect(slab.subarray(12, 17)).not.toEqual(text('hello'))
    expect(opener.openRegions(slab, table.range(0, 1), 1, new Uint8Array(1))).toBe(0)
    expect(slab.subarray(12, 17)).toEqual(text('hello'))
  })
})
