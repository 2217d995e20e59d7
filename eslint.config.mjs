import nx from '@nx/eslint-plugin'
import jsonc from 'jsonc-eslint-parser'
import tseslint from 'typescript-eslint'

/** R1 to R4 of docs/adr: who may depend on whom. "scope" tags are in each package.json. */
const boundaries = [
  { sourceTag: 'type:api', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'type:provider', onlyDependOnLibsWithTags: ['type:api'] },
  { sourceTag: 'type:test-support', onlyDependOnLibsWithTags: ['type:api'] },
  { sourceTag: 'type:encryption', onlyDependOnLibsWithTags: ['type:api'] },
  { sourceTag: 'type:config', onlyDependOnLibsWithTags: ['type:api', 'type:encryption'] },
  { sourceTag: 'type:cli', onlyDependOnLibsWithTags: ['type:api', 'type:encryption', 'type:config'] },
  { sourceTag: 'type:private', onlyDependOnLibsWithTags: ['*'] },
]

/** Works without a project graph, where the Nx rule is skipped with a mere warning. */
const foreign = (allowed) => ({
  patterns: [
    { regex: `^@keyfold/(?!(?:${allowed})(?:$|/))`, message: 'The dependency rules R1 to R4 forbid this import.' },
    { regex: '^(?:\\.\\./){3,}', message: 'Import other packages by name.' },
  ],
})

export default tseslint.config(
  { ignores: ['**/dist/**', '**/coverage/**', '**/fixtures/**', '.nx/**', '**/files/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      // Errors of a second installed copy are recognised by their brand: a cast to the class is right there.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'no-restricted-globals': ['error', { name: 'Buffer', message: "Import it from 'node:buffer'." }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name what is exported.' },
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
      ],
      eqeqeq: 'error',
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      'no-console': 'error',
      '@nx/enforce-module-boundaries': [
        'error',
        { depConstraints: boundaries, enforceBuildableLibDependency: false, allow: [] },
      ],
      // R6: a computed import() stands in one file, discovery.
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name what is exported.' },
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
        {
          selector: "ImportExpression[source.type!='Literal']",
          message: 'R6: a computed import() stands in discovery only.',
        },
      ],
    },
  },
  { files: ['packages/kms-api/src/discovery/import-module.ts'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['packages/kms-api/src/**/*.ts'], rules: { 'no-restricted-imports': ['error', foreign('(?!)')] } },
  {
    files: ['packages/kms-*/src/**/*.ts'],
    ignores: ['packages/kms-api/**', 'packages/kms-test-support/**'],
    rules: { 'no-restricted-imports': ['error', foreign('kms-api')] },
  },
  {
    files: ['packages/kms-test-support/src/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', foreign('kms-api')] },
  },
  {
    files: ['packages/record-encryption/src/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', foreign('kms-api')] },
  },
  {
    // R5: wire/ never sees a key, dek/ never sees a record.
    files: ['packages/record-encryption/src/wire/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^@keyfold/kms-api$', message: 'R5: wire/ never sees a key.' },
            { regex: '/dek/', message: 'R5: wire/ never sees a key.' },
            { regex: '^node:crypto$', importNamePattern: '^(?!createHash$|hash$)', message: 'R5: wire/ only hashes.' },
          ],
        },
      ],
    },
  },
  {
    files: ['packages/record-encryption/src/dek/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '/wire/|/record', message: 'R5: dek/ never sees a record.' },
            ...foreign('kms-api').patterns,
          ],
        },
      ],
    },
  },
  {
    files: ['packages/config/src/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', foreign('kms-api|record-encryption')] },
  },
  {
    files: ['packages/cli/src/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', foreign('kms-api|record-encryption|config')] },
  },
  {
    files: ['**/test/**/*.ts', '**/test-servers/**/*.ts', 'tools/**/*.ts', 'examples/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['packages/*/package.json'],
    languageOptions: { parser: jsonc },
    plugins: { '@nx': nx },
    rules: {
      '@nx/dependency-checks': [
        'error',
        {
          ignoredFiles: ['{projectRoot}/*.config.ts', '{projectRoot}/test/**/*', '{projectRoot}/test-servers/**/*'],
          checkVersionMismatches: false,
        },
      ],
    },
  },
)
