// A variable, because the processes that Stryker starts read this file too.
const only = process.env['KEYFOLD_MUTANT_PACKAGE']
const isChosen = (name: string): boolean => only === undefined || only === name

/** The packages whose tests have to notice. */
export const PACKAGES = ['kms-api', 'record-encryption'].filter(isChosen)

/** The sources that are mutated: what holds keys, bytes, trust and time limits. */
export const SOURCES = [
  'packages/record-encryption/src/{wire,dek,binding,records,encrypt,decrypt}/**/*.ts',
  'packages/kms-api/src/{resilience,provider-kit/http,secret}/**/*.ts',
].filter((glob) => isChosen(glob.split('/')[1] ?? ''))

/** Tests that compile documentation, only run other processes, or take minutes for what others notice in milliseconds. */
export const UNREACHED_TESTS = [
  'test/docs/**',
  'test/readme.test.ts',
  'test/threat-model/availability.test.ts',
  'test/fuzz/tampered.test.ts',
]
