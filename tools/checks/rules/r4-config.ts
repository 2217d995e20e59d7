import { dependencyRule } from '../lib/dependency-rule.ts'

export const rule = dependencyRule({
  name: 'r4-config',
  promise: 'R4: config depends on kms-api and record-encryption, and loads providers by name only',
  tag: 'type:config',
  allowed: ['@keyfold/kms-api', '@keyfold/record-encryption'],
  inTests: ['@keyfold/kms-inmemory', '@keyfold/kms-test-support'],
})
