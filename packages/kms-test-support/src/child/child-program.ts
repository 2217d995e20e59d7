/** The program of the child. It reads its input from standard input, because arguments and environments are visible in process lists. */
export const CHILD_PROGRAM = `
import { text } from 'node:stream/consumers'
import { writeSync } from 'node:fs'

const say = (line) => writeSync(1, line + '\\n')
try {
  const { module, config, kekSelector, baseDirectory } = JSON.parse(await text(process.stdin))
  const { default: provider } = await import(module)
  const kms = await provider.create(config, { baseDirectory })
  const kek = await kms.resolveKek(kekSelector)
  say('resolved')
  const { dek, edek } = await kms.generateDekPair(kek)
  say('generated')
  const again = await kms.decryptEdek(kek, edek)
  say('decrypted')
  dek.destroy()
  again.destroy()
  await kms.close()
  say('closed')
} catch (error) {
  const cause = error?.cause?.name === undefined ? '' : 'caused by ' + error.cause.name
  say(['error', error?.name ?? 'unknown', error?.code ?? '', cause].filter((word) => word !== '').join(' '))
  process.exitCode = 1
}
`
