import { dependencyRule } from '../lib/dependency-rule.ts'

export const rule = dependencyRule({
  name: 'r4-cli',
  promise: 'R4: cli depends on kms-api and record-encryption, and loads providers by name only',
  tag: 'type:cli',
  allowed: ['@keyfold/kms-api', '@keyfold/record-encryption'],
  inTests: ['@keyfold/kms-inmemory', '@keyfold/kms-test-support'],
})
