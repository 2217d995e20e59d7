import { consumerPolicy, producerPolicy, type ProducerPolicyOptions } from '../../src/admin/index.ts'

/** The policy of a token that produces and consumes: both policies, as Vault adds them up. */
export function rolePolicy(options: ProducerPolicyOptions): string {
  return `${producerPolicy(options)}\n${consumerPolicy(options)}`
}
