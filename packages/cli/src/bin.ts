#!/usr/bin/env node
import { isTooOld } from './is-too-old.ts'

const { version } = process
if (isTooOld(version.slice(1))) {
  process.stderr.write(`keyfold: error: Node.js expected 22.12 or newer, got ${version}\n`)
  process.exitCode = 2
} else {
  // Only now: on an older Node.js this does not load.
  const { main } = await import('./main.ts')
  await main()
}
