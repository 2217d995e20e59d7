import { dependencyRule } from '../lib/dependency-rule.ts'

export const rule = dependencyRule({
  name: 'r2-record-encryption',
  promise:
    'R2: record-encryption depends on @keyfold/kms-api alone of ours, knows no provider and imports no Kafka client',
  tag: 'type:encryption',
  allowed: ['@keyfold/kms-api'],
  inTests: ['@keyfold/kms-inmemory', '@keyfold/kms-test-support'],
  forbidden: /^(?:kafkajs|kafka-node|node-rdkafka|@platformatic\/kafka|@confluentinc\/.*)$/,
})
