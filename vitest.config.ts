import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: ['packages/*/vitest.config.ts'],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
      // The floor that the project promises for the two packages that hold keys and bytes.
      thresholds: {
        'packages/kms-api/src/**/*.ts': { branches: 95 },
        'packages/record-encryption/src/**/*.ts': { branches: 95 },
      },
    },
  },
})
