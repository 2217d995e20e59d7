import { defineConfig } from 'tsup'

import { base } from '../../tsup.base.ts'

export default defineConfig({
  ...base,
  entry: [
    'src/index.ts',
    'src/bytes/index.ts',
    'src/discovery/index.ts',
    'src/resilience/index.ts',
    'src/provider-kit/index.ts',
  ],
})
