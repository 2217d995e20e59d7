/** What a user's program does whose contract is another copy than the provider's. Prints `ok` or `FAIL` for each promise, then `done`. */
export function runScript(providers: readonly string[], inMemory: string): string {
  return `import { isKmsError, KmsError } from '@keyfold/kms-api'
import { listKmsProviders, loadKmsProvider } from '@keyfold/kms-api/discovery'
import { cachingKms } from '@keyfold/kms-api/resilience'
import { createRecordEncryption, isRecordError } from '@keyfold/record-encryption'
import { randomBytes } from 'node:crypto'

const check = async (promise, judge) => {
  try {
    const wrong = await judge()
    console.log(wrong === undefined ? 'ok ' + promise : 'FAIL ' + promise + ' | ' + wrong)
  } catch (error) {
    console.log('FAIL ' + promise + ' | ' + String(error?.stack ?? error).replaceAll('\\n', ' '))
  }
}
const failureOf = async (work) => {
  try {
    await work()
  } catch (error) {
    return error
  }
  throw new Error('expected a failure')
}
const foreign = (error, code) => {
  if (error instanceof KmsError) return 'the error comes from the same copy: this shows nothing'
  if (error?.code !== code) return 'expected ' + code + ', got ' + String(error?.code ?? error)
  if (!isKmsError(error, code)) return 'isKmsError() expected true for ' + code + ' of another copy, got false'
}
const load = (name) => loadKmsProvider(name, { from: import.meta.url })
const context = { baseDirectory: import.meta.dirname }

await check('providers of another copy are listed', async () => {
  const found = await listKmsProviders({ from: import.meta.url })
  const missing = ${JSON.stringify(providers)}.filter((name) => !found.some((each) => name === each || name === '@keyfold/kms-' + each))
  if (missing.length > 0) return 'expected ' + missing.join(', ') + ', got ' + found.join(', ')
})
for (const name of ${JSON.stringify(providers)}) {
  await check(name + ' of another copy loads by its full name, and isKmsError() recognises its errors', async () => {
    const provider = await load(name)
    return foreign(await failureOf(() => provider.create({ unknown: true }, context)), 'KMS_CONFIG')
  })
}

const key = { value: randomBytes(32).toString('base64') }
const keks = [{ id: '3f1c2b7e-9f0a-4f4e-8a52-0b7c5d6e7f80', alias: 'payments', versions: [key] }]
const kms = await (await load('${inMemory}')).create({ insecure: 'test-only', keks }, context)

await check('the contract\\'s cache works over a provider of another copy', async () => {
  const cached = cachingKms(kms)
  const kek = await cached.resolveKek('payments')
  const { dek, edek } = await cached.generateDekPair(kek)
  const opened = await cached.decryptEdek(kek, edek)
  dek.destroy()
  opened.destroy()
  return foreign(await failureOf(() => cached.resolveKek('nobody')), 'KMS_UNKNOWN_ALIAS')
})
await check('records make a round trip over a provider and record encryption of other copies', async () => {
  const encryption = await createRecordEncryption({ kms, topics: [{ match: 'payments', kek: 'payments' }] })
  const records = [{ key: new Uint8Array([1]), value: new TextEncoder().encode('a value'), headers: [] }]
  const sealed = await encryption.encrypt('payments', records)
  if (new TextDecoder().decode(sealed[0].value).includes('a value')) return 'the value is in clear'
  const [opened] = await encryption.decrypt('payments', sealed)
  if (new TextDecoder().decode(opened.value) !== 'a value') return 'got another value'
  const plain = await failureOf(() => encryption.decrypt('payments', records))
  if (!isRecordError(plain, 'RECORD_PLAINTEXT')) return 'expected RECORD_PLAINTEXT, got ' + String(plain?.code ?? plain)
  await encryption.close()
})
await kms.close()
await check('isKmsError() recognises a closed provider of another copy', async () => {
  return foreign(await failureOf(() => kms.resolveKek('payments')), 'KMS_CLOSED')
})
console.log('done')
`
}

/** A module that hands each provider's types to an application and to record encryption. */
export function typesScript(providers: readonly string[]): string {
  const imports = providers.map((name, at) => `import provider${at} from '${name}/kms-provider'`)
  const uses = providers.map(
    (_, at) => `export const own${at}: KmsProvider<ConfigOf<typeof provider${at}>> = provider${at}
export const made${at}: Promise<Kms> = provider${at}.create(null as never, { baseDirectory: '.' })
export const encryption${at} = async () =>
  createRecordEncryption({ kms: await made${at}, topics: [{ match: 'payments', kek: 'payments' }] })`,
  )
  return `import type { Kms, KmsProvider } from '@keyfold/kms-api'
import { createRecordEncryption } from '@keyfold/record-encryption'
${imports.join('\n')}

type ConfigOf<P> = P extends { create(config: infer C, context: never): unknown } ? C : never

${uses.join('\n')}
`
}
