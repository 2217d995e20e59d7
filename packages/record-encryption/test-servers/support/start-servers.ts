import type { TestProject } from 'vitest/node'

import { ServerError, startKafka } from '@keyfold/servers'
import { startForTests, type MissingServer } from '@keyfold/servers/testing'

declare module 'vitest' {
  interface ProvidedContext {
    /** The Kafka broker that the tests share, or why there is none. */
    readonly kafka: BrokerState
  }
}

/** A broker for the tests. */
type BrokerState =
  | { readonly brokers: readonly string[]; readonly missing?: undefined }
  | (MissingServer & { readonly brokers?: undefined })

/** Starts Apache Kafka before the first test and stops it after the last. */
export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  const kafka = await startForTests(startKafka)
  project.provide('kafka', kafka instanceof ServerError ? { missing: kafka.message } : { brokers: kafka.brokers })
  return async () => {
    if (!(kafka instanceof ServerError)) await kafka.stop()
  }
}
