import type { Consumer, Kafka, Producer } from 'kafkajs'
import { expectTypeOf, it } from 'vitest'

import { decryptedConsumer, encryptedKafka, encryptedProducer } from '../../../src/adapters/kafkajs/index.ts'
import type { RecordEncryption } from '../../../src/index.ts'

it('what is wrapped keeps its type, a mock’s too', () => {
  const types = (kafka: Kafka, encryption: RecordEncryption): void => {
    expectTypeOf(encryptedProducer(kafka.producer(), encryption)).toEqualTypeOf<Producer>()
    expectTypeOf(decryptedConsumer(kafka.consumer({ groupId: 'g' }), encryption)).toEqualTypeOf<Consumer>()
    expectTypeOf(encryptedKafka(kafka, encryption)).toEqualTypeOf<Kafka>()
    const mock = { send: (record: { readonly topic: string }) => Promise.resolve(record.topic), extra: 1 }
    expectTypeOf(encryptedProducer(mock, encryption)).toEqualTypeOf<typeof mock>()
    // @ts-expect-error no producer
    encryptedProducer({}, encryption)
    // @ts-expect-error no such option
    decryptedConsumer(kafka.consumer({ groupId: 'g' }), encryption, { deadletter: undefined })
    decryptedConsumer(kafka.consumer({ groupId: 'g' }), encryption, {
      deadLetter: { producer: kafka.producer(), topic: 'dead' },
    })
  }
  expectTypeOf(types).toBeFunction()
})
