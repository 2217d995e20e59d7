import { defineConfig } from 'vitest/config'

import { base } from '../../vitest.base.ts'

/** Tests against real servers, which are installed and started for them. Not part of `npm test`. */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['test-servers/**/*.test.ts'],
    globalSetup: ['test-servers/support/start-servers.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // One after the other: they share the two servers, and the machine.
    fileParallelism: false,
    reporters: ['default', ['json', { outputFile: '.results/test-servers.json' }], './test-servers/support/summary-reporter.ts'],
  },
})
