// The tests that mutants are run against, from the root of the repository.
import { defineConfig } from 'vitest/config'

import { base } from '../../vitest.base.ts'
import { PACKAGES, UNREACHED_TESTS } from './src/scope.ts'

export default defineConfig({
  test: {
    reporters: ['dot'],
    projects: PACKAGES.map((name) => ({
      ...base,
      root: `packages/${name}`,
      test: { ...base.test, name, exclude: UNREACHED_TESTS, testTimeout: 300_000, hookTimeout: 300_000 },
    })),
  },
})
