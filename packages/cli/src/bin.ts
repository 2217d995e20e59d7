#!/usr/bin/env node
import { isTooOld } from './is-too-old.ts'

const { version } = process
if (isTooOld(version.slice(1))) {
  process.stderr.write(`keyfold: error: Node.js 22.12 or newer is required, and this is Node.js ${version.slice(1)}\n`)
  process.exitCode = 2
} else {
  // Only now: on an older Node.js this does not load.
  void import('./main.ts').then(({ main }) => main())
}
