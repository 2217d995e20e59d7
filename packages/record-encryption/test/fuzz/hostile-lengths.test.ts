import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

interface Finding {
  readonly name: string
  readonly bytes: number
  readonly error: string
  readonly heapGrowth: number
  readonly externalGrowth: number
}

/** In a process of its own with a small heap: an allocation of what is claimed would end it. */
function findings(): Finding[] {
  const script = fileURLToPath(new URL('fixtures/hostile-lengths.ts', import.meta.url))
  const flags = ['--conditions=@keyfold/source', '--max-old-space-size=32', '--expose-gc', '--no-warnings']
  return JSON.parse(execFileSync(process.execPath, [...flags, script], { encoding: 'utf8' })) as Finding[]
}

const MIB = 2 ** 20

describe('lengths that promise far more than there is', () => {
  it('cost an error each and no memory, a parcel of 6 bytes that claims 2^31-1 headers among them', () => {
    const found = findings()
    expect(found.map(({ name, bytes, error }) => `${name} (${bytes}): ${error}`)).toEqual([
      'parcel of 2^31-1 headers (6): WireError malformed',
      'parcel with a value of 2^31-1 bytes (6): WireError malformed',
      'parcel with a header’s name of 2^31-1 bytes (8): WireError malformed',
      'parcel with a header’s value of 2^31-1 bytes (9): WireError malformed',
      'wrapper with an EDEK of 2^31-1 bytes (40): WireError malformed',
      'wrapper with an EDEK of 32767 bytes (40): WireError malformed',
      'trailer with a topic of 2^31-1 bytes (10): WireError malformed',
      'trailer with 2^31-1 bound headers (51): WireError malformed',
      'record of 2^31-1 headers (115): RecordError RECORD_MALFORMED',
    ])
    expect(Math.max(...found.map(({ heapGrowth }) => heapGrowth))).toBeLessThan(4 * MIB)
    expect(Math.max(...found.map(({ externalGrowth }) => externalGrowth))).toBeLessThan(4 * MIB)
  })
})
