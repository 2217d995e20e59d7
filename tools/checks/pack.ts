// Packs the package of the current folder and judges every rule that looks at tarballs: the target `pack-check` of each publishable package.
import path from 'node:path'
import process from 'node:process'

import { withPackedPackage } from './lib/packed-package.ts'
import { report } from './lib/report.ts'
import { rules } from './rules/index.ts'

const folder = process.cwd()
const failed = await withPackedPackage(path.resolve(import.meta.dirname, '../..'), folder, (packed) => {
  const judgements = rules.flatMap((rule) => {
    const judge = rule.tarball
    return judge === undefined ? [] : [{ rule, judge: () => judge(packed) }]
  })
  return report(judgements, 'pack-check', folder, console.log)
})
process.exitCode = failed === 0 ? 0 : 1
