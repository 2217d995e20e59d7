import { expect, test } from 'vitest'

import { changesBetween } from '../src/versions/versions-of.ts'

test('changes name the old and the new version, and nothing that stayed', () => {
  expect(
    changesBetween(
      new Map([
        ['api', '1.0.0'],
        ['aws', '1.0.0'],
      ]),
      new Map([
        ['api', '1.0.1'],
        ['aws', '1.0.0'],
        ['new', '0.1.0'],
      ]),
    ),
  ).toEqual(['api 1.0.0 -> 1.0.1', 'new none -> 0.1.0'])
})
