import nx from '@nx/eslint-plugin'
import tsdoc from 'eslint-plugin-tsdoc'
import jsonc from 'jsonc-eslint-parser'
import tseslint from 'typescript-eslint'

/** R1 to R4 and R7 of CONTRIBUTING.md: who may depend on whom. "scope" tags are in each package.json. */
const boundaries = [
  { sourceTag: 'type:api', onlyDependOnLibsWithTags: ['type:native'] },
  { sourceTag: 'type:native', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'type:provider', onlyDependOnLibsWithTags: ['type:api'] },
  { sourceTag: 'type:test-support', onlyDependOnLibsWithTags: ['type:api'] },
  { sourceTag: 'type:encryption', onlyDependOnLibsWithTags: ['type:api'] },
  { sourceTag: 'type:config', onlyDependOnLibsWithTags: ['type:api', 'type:encryption'] },
  { sourceTag: 'type:cli', onlyDependOnLibsWithTags: ['type:api', 'type:encryption', 'type:config'] },
  { sourceTag: 'type:private', onlyDependOnLibsWithTags: ['*'] },
]

/** Works without a project graph, where the Nx rule is skipped with a mere warning. */
const foreign = (allowed) => [
  { regex: `^@keyfold/(?!(?:${allowed})(?:$|/))`, message: 'The dependency rules R1 to R7 forbid this import.' },
  { regex: '^(?:\\.\\./){3,}', message: 'Import other packages by name.' },
]

/** Built-ins that Node.js 18 and 20 lack: a missing named export fails before Keyfold can say which version it needs. */
const RECENT = { 'node:crypto': 'hash', 'node:worker_threads': 'markAsUncloneable', 'node:util': 'styleText' }
const recent = Object.entries(RECENT).map(([module, names]) => ({
  regex: `^${module}$`,
  importNamePattern: `^(?:${names})$`,
  message: 'Take it from the default import: older versions of Node.js do not have it.',
}))

const RECORD = '^(?:KafkaRecord|RecordHeader|EncryptedRecord|DecryptedRecord)$'
const KAFKA_CLIENT = '^(?:kafkajs|kafka-node|node-rdkafka|@platformatic/kafka|@confluentinc/.*)$'

/** Import bans do not add up over blocks of a configuration: every block names all of its own. */
const imports = (files, patterns, more = {}) => ({
  files,
  ...more,
  rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [...recent, ...patterns] }] },
})

const restrictedSyntax = [
  { selector: 'ExportAllDeclaration', message: 'Name what is exported.' },
  { selector: 'TSEnumDeclaration', message: 'Use a union of literals.' },
]
const encryptionPatterns = [
  ...foreign('kms-api'),
  { regex: KAFKA_CLIENT, allowTypeImports: true, message: 'R2: record-encryption imports no Kafka client.' },
]

export default tseslint.config(
  { ignores: ['**/dist/**', '**/coverage/**', '**/fixtures/**', '.nx/**', '**/files/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: { tsdoc },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      // Errors of a second installed copy are recognised by their brand: a cast to the class is right there.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'no-restricted-globals': ['error', { name: 'Buffer', message: "Import it from 'node:buffer'." }],
      'no-restricted-syntax': ['error', ...restrictedSyntax],
      eqeqeq: 'error',
      'tsdoc/syntax': 'error',
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
        ...restrictedSyntax,
        {
          selector: "ImportExpression[source.type!='Literal']",
          message: 'R6: a computed import() stands in discovery only.',
        },
      ],
    },
  },
  { files: ['packages/kms-api/src/discovery/import-module.ts'], rules: { 'no-restricted-syntax': 'off' } },
  imports(['packages/kms-api/src/**/*.ts'], foreign('native')),
  imports(['packages/native/src/**/*.ts'], foreign('(?!)')),
  imports(['packages/kms-*/src/**/*.ts'], foreign('kms-api'), { ignores: ['packages/kms-api/**'] }),
  imports(['packages/config/src/**/*.ts'], foreign('kms-api|record-encryption')),
  imports(['packages/cli/src/**/*.ts'], foreign('kms-api|record-encryption|config')),
  imports(['packages/record-encryption/src/**/*.ts'], encryptionPatterns),
  imports(
    ['packages/record-encryption/src/wire/**/*.ts'],
    [
      ...encryptionPatterns,
      { regex: '^@keyfold/kms-api$', message: 'R5: wire/ never sees a key.' },
      { regex: '/(?:dek|encrypt|decrypt|topics|config)/', message: 'R5: wire/ never sees a key.' },
      {
        regex: '^node:crypto$',
        importNamePattern: '^(?!(?:createHash|hash|timingSafeEqual|default)$)',
        message: 'R5: wire/ only hashes.',
      },
    ],
  ),
  imports(
    ['packages/record-encryption/src/dek/**/*.ts'],
    [
      ...encryptionPatterns,
      { regex: '/(?:wire|records|encrypt|decrypt|binding)/', message: 'R5: dek/ never sees a record.' },
      { regex: '^\\.', importNamePattern: RECORD, message: 'R5: dek/ never sees a record.' },
    ],
  ),
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
          // Declared so that node-vault's `debug` finds this one, and none that was planted above.
          ignoredDependencies: ['supports-color'],
        },
      ],
    },
  },
)
