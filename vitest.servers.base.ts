import type { ViteUserConfig } from 'vitest/config'

import SummaryReporter from './tools/servers/src/testing/summary-reporter.ts'
import { base } from './vitest.base.ts'

/** Tests of a package against real servers, which are installed and started for them. Not part of `npm test`. */
export const serversBase = {
  ...base,
  test: {
    ...base.test,
    include: ['test-servers/**/*.test.ts'],
    globalSetup: ['test-servers/support/start-servers.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // One after the other: they share the servers, and the machine.
    fileParallelism: false,
    reporters: ['default', ['json', { outputFile: '.results/test-servers.json' }], new SummaryReporter()],
  },
} satisfies ViteUserConfig
