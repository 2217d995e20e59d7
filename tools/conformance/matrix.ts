// Prints which clauses each broken provider breaks: `node --conditions=@keyfold/source matrix.ts [part of a name]`. Takes minutes.
import { clauses } from '@keyfold/kms-test-support'

import { fateOf } from './src/mutants/fate.ts'
import { mutants } from './src/mutants/index.ts'

const [, , part = ''] = process.argv
for (const mutant of mutants.filter(({ name }) => name.includes(part))) {
  const broken: string[] = []
  for (const clause of clauses) if ((await fateOf(clause, mutant)) === 'broken') broken.push(clause.id)
  console.log(
    `${mutant.clause} ${broken.includes(mutant.clause) ? 'caught' : 'MISSED'}  ${mutant.name}: ${broken.join(' ')}`,
  )
}
