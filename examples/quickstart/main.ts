import { Buffer } from 'node:buffer'

import { createInMemoryKms } from '@keyfold/kms-inmemory'
import { createRecordEncryption, isRecordError } from '@keyfold/record-encryption'

// To try it out: this KMS keeps its keys in memory. In production, the provider of yours.
const { kms } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'KEK-payments.eu' }] })

const encryption = await createRecordEncryption({
  kms,
  topics: [
    { match: 'public.*', plaintext: 'allow' },
    { match: '*', kek: 'KEK-$(topicName)' },
  ],
})

// What goes to the producer …
const sealed = await encryption.encrypt('payments.eu', [{ key: Buffer.from('alice'), value: Buffer.from('42.00 EUR') }])

// … and what comes from the consumer. A value is null in a tombstone.
for (const { value } of await encryption.decrypt('payments.eu', sealed)) {
  console.log(value === null ? 'deleted' : Buffer.from(value).toString()) // 42.00 EUR
}

// Somebody with access to the broker gives Alice's payment to Bob.
const moved = sealed.map((record) => ({ ...record, key: Buffer.from('bob') }))
try {
  await encryption.decrypt('payments.eu', moved)
} catch (error) {
  if (isRecordError(error)) console.log(error.code) // RECORD_BINDING
}

await encryption.close()
await kms.close()
