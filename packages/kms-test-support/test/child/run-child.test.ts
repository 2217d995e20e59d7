import { expect, test } from 'vitest'

import { runChild } from '../../src/child/run-child.ts'

const dek = '{ destroy() {} }'
const provider = (create: string, close = ''): string =>
  `data:text/javascript,${encodeURIComponent(`export default { async create() { ${create}; return {
    async resolveKek() { return {} }, async generateDekPair() { return { dek: ${dek}, edek: new Uint8Array(1) } },
    async decryptEdek() { return ${dek} }, async close() { ${close} } } } }`)}`
const given = (module: string) => ({ module, config: {}, kekSelector: 'kek' })

test('a child that has nothing left to do ends by itself', async () => {
  expect(await runChild(given(provider('')), 3_000)).toEqual({
    log: ['resolved', 'generated', 'decrypted', 'closed'],
    exitCode: 0,
    endedByItself: true,
    errors: '',
  })
}, 60_000)

test('a child with an open handle is killed, and said to be', async () => {
  const { endedByItself, log } = await runChild(given(provider('setInterval(() => {}, 1000)')), 300)
  expect(endedByItself).toBe(false)
  expect(log.at(-1)).toBe('closed')
}, 60_000)

test('a child that fails tells the name and the code of its error, and no message', async () => {
  const { errors, exitCode } = await runChild(
    given(provider("throw Object.assign(new TypeError('the token is hvs.1'), { code: 'E_TEST' })")),
    3_000,
  )
  expect([errors, exitCode]).toEqual(['TypeError E_TEST', 1])
}, 60_000)

test('a child tells the name of what caused its error, and no message of it', async () => {
  const cause = "const cause = Object.assign(new Error('the token is hvs.1'), { name: 'NotWritten' })"
  const { errors } = await runChild(given(provider(`${cause}; throw new TypeError('hvs.2', { cause })`)), 3_000)
  expect(errors).toBe('TypeError caused by NotWritten')
}, 60_000)
