import { expect, test } from 'vitest'

import { isTooOld } from '../src/is-too-old.ts'

test.each([
  ['20.20.2', true],
  ['22.11.9', true],
  ['22.12.0', false],
  ['24.0.0', false],
  ['26.1.0-nightly', false],
])('Node.js %s is too old: %s', (version, tooOld) => {
  expect(isTooOld(version)).toBe(tooOld)
})
