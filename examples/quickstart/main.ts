import { Buffer } from 'node:buffer'

import { createInMemoryKms } from '@keyfold/kms-inmemory'
import { createRecordEncryption, isRecordError } from '@keyfold/record-encryption'

// In production: loadKmsProvider('aws', …) of @keyfold/kms-api/discovery, or the provider's own factory. This one keeps its keys in memory.
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
console.log('sent    ', sealed[0]?.headers[0]?.key, sealed[0]?.value?.length, 'bytes')

// … and what comes from the consumer.
const [opened] = await encryption.decrypt('payments.eu', sealed)
console.log('received', Buffer.from(opened?.value ?? []).toString(), opened?.keyfold.bound)

// Somebody with access to the broker gives Alice's payment to Bob.
await encryption.decrypt('payments.eu', [{ ...sealed[0], key: Buffer.from('bob'), value: sealed[0]?.value ?? null }]).catch((error: unknown) => {
  if (isRecordError(error)) console.log('refused ', error.code, '-', error.message)
})

await encryption.close()
await kms.close()
