// Writes the tables of policies into the pages that show them: node --conditions=@keyfold/source packages/record-encryption/test/docs/write-policies.ts
import { writeFileSync } from 'node:fs'

import { POLICY_PAGES, withPolicyTables } from './policy-tables.ts'

for (const page of POLICY_PAGES) writeFileSync(new URL(`../../../../${page}`, import.meta.url), withPolicyTables(page))
