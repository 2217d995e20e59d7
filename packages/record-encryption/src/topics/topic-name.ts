import { describeType, printable } from '@keyfold/kms-api'

import { TOPIC } from '../wire/topic.ts'

/** Returns whether Kafka accepts `name` as a topic's name. */
export function isTopicName(name: string): boolean {
  return TOPIC.test(name) && name !== '.' && name !== '..'
}

/** @throws TypeError when Kafka would not accept `topic` as a topic's name. */
export function checkTopicName(topic: unknown, path = 'topic'): asserts topic is string {
  if (typeof topic !== 'string' || !isTopicName(topic)) {
    const got = typeof topic === 'string' ? printable(topic) : describeType(topic)
    throw new TypeError(`"${path}" expected the name of a topic (1 to 249 of A-Z a-z 0-9 . _ -), got ${got}`)
  }
}
