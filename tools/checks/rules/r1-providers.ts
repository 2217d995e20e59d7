import { dependencyRule } from '../lib/dependency-rule.ts'

export const rule = dependencyRule({
  name: 'r1-providers',
  promise: 'R1: a provider depends on @keyfold/kms-api and on nothing else of ours',
  tag: 'type:provider',
  allowed: ['@keyfold/kms-api'],
  inTests: ['@keyfold/kms-test-support', '@keyfold/servers'],
})
