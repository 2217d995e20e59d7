import { dependencyRule } from '../lib/dependency-rule.ts'

export const rule = dependencyRule({
  name: 'r4-cli',
  promise: 'R4: cli depends on config, kms-api and record-encryption, and loads providers by name only',
  tag: 'type:cli',
  allowed: ['@keyfold/config', '@keyfold/kms-api', '@keyfold/record-encryption'],
  inTests: ['@keyfold/kms-inmemory', '@keyfold/kms-test-support'],
})
