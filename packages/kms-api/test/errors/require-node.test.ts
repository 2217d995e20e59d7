import { expect, test } from 'vitest'

import { requireNode } from '../../src/errors/require-node.ts'

test.each(['18.20.8', '20.20.2', '21.7.3', '22.0.0', '22.11.9'])('Node.js %s is named as too old', (version) => {
  expect(() => {
    requireNode(version)
  }).toThrow(`Keyfold requires Node.js 22.12 or newer, and this is Node.js ${version}`)
})

test.each(['22.12.0', '23.0.0', '24.21.0', '26.1.0-nightly'])('Node.js %s is accepted', (version) => {
  expect(() => {
    requireNode(version)
  }).not.toThrow()
})
