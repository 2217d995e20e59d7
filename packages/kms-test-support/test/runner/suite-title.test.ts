import { expect, test } from 'vitest'

import type { KmsFacade } from '../../src/index.ts'
import { suiteTitle } from '../../src/runner/suite-title.ts'

const titleOf = (cannot: KmsFacade['manifest']['cannot']): string =>
  suiteTitle({ name: 'Acme', manifest: { wrapping: 'authenticated', cannot } } as KmsFacade)

test('the title of a run says what the KMS cannot do, and how much of that is only believed', () => {
  expect(titleOf({})).toBe('Acme (wrapping: authenticated)')
  expect(titleOf({ rotation: 'burnt in' })).toBe('Acme (wrapping: authenticated; cannot: rotation)')
  expect(titleOf({ rotation: 'burnt in', silence: 'a file', deny: 'a file' })).toBe(
    'Acme (wrapping: authenticated; cannot: rotation, silence, deny; 2 only believed: deny, silence)',
  )
})
