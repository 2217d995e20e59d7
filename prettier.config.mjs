/** @type {import('prettier').Config} */
export default {
  printWidth: 120,
  semi: false,
  singleQuote: true,
  plugins: ['@ianvs/prettier-plugin-sort-imports'],
  importOrder: ['<BUILTIN_MODULES>', '', '<THIRD_PARTY_MODULES>', '', '^@keyfold/', '', '^[./]'],
  importOrderTypeScriptVersion: '6.0.3',
  importOrderCaseSensitive: false,
}
