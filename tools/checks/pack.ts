// Packs the package of the current folder and checks the rules about tarballs: the target `pack-check` of each publishable package.
import path from 'node:path'
import process from 'node:process'

import { withPackedPackage } from '@keyfold/kit/packed-package'
import { Report } from '@keyfold/kit/report'

import { rules } from './rules/index.ts'

const folder = process.cwd()
const report = new Report(console.log)
await withPackedPackage(path.resolve(import.meta.dirname, '../..'), folder, async (packed) => {
  for (const { name, promise, tarball } of rules)
    if (tarball !== undefined) await report.check(`${name}: ${promise}`, () => tarball(packed))
})
report.write(folder, 'pack-check')
process.exitCode = report.exitCode
