import type { Rule } from '../lib/rule.ts'
import { rule as assignableCopies } from './assignable-copies.ts'
import { rule as attw } from './attw.ts'
import { rule as declaredImports } from './declared-imports.ts'
import { rule as docsImports } from './docs-imports.ts'
import { rule as docsLinks } from './docs-links.ts'
import { rule as docsTests } from './docs-tests.ts'
import { rule as errorsDocumented } from './errors-documented.ts'
import { rule as errorsTested } from './errors-tested.ts'
import { rule as exactPins } from './exact-pins.ts'
import { rule as knip } from './knip.ts'
import { rule as licenceCopies } from './licence-copies.ts'
import { rule as lockedOptionals } from './locked-optionals.ts'
import { rule as noConsole } from './no-console.ts'
import { rule as noCycles } from './no-cycles.ts'
import { rule as noMachinePaths } from './no-machine-paths.ts'
import { rule as noOtherRandomness } from './no-other-randomness.ts'
import { rule as packageShape } from './package-shape.ts'
import { rule as publint } from './publint.ts'
import { rule as r1 } from './r1-providers.ts'
import { rule as r2 } from './r2-record-encryption.ts'
import { rule as r3 } from './r3-kms-api.ts'
import { rule as r4Cli } from './r4-cli.ts'
import { rule as r4Config } from './r4-config.ts'
import { rule as r6 } from './r6-computed-import.ts'
import { rule as tarballContents } from './tarball-contents.ts'

/** Every rule; a file in this folder that is not here fails a test. */
export const rules: readonly Rule[] = [
  r1,
  r2,
  r3,
  r4Config,
  r4Cli,
  r6,
  declaredImports,
  noOtherRandomness,
  noCycles,
  noConsole,
  packageShape,
  tarballContents,
  licenceCopies,
  publint,
  attw,
  assignableCopies,
  exactPins,
  lockedOptionals,
  knip,
  errorsDocumented,
  errorsTested,
  docsImports,
  docsLinks,
  docsTests,
  noMachinePaths,
]
