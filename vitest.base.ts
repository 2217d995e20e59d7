import type { ViteUserConfig } from 'vitest/config'

/** Workspace packages resolve to their sources, so that tests need no build. Never 'module': the AWS SDK's dist-es does not load in Node. */
const conditions = ['@keyfold/source', 'node', 'development|production']

export const base = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    // Ends a test that hangs; never a measure of speed. The slowest takes about 10 s on an idle machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // What children print must not depend on the terminal: Nx asks for colours.
    env: { FORCE_COLOR: '0' },
    // What `npm test` counts; Nx keeps the file with the target's result.
    reporters: ['default', ['json', { outputFile: '.results/test.json' }]],
  },
} satisfies ViteUserConfig
