import { Buffer } from 'node:buffer'
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { onTestFinished } from 'vitest'

/** Key material that no output may show. */
export const KEK_CANARY = Buffer.from('canary-kek-0123456789-abcdefghij').toString('base64')
export const KEK_ID = '6f1a3c52-0000-4000-8000-000000000001'
const OTHER_KEK = Buffer.alloc(32, 7).toString('base64')
export const OTHER_KEK_ID = '6f1a3c52-0000-4000-8000-000000000002'

/** A folder of a test's own, removed after it. */
export interface Folder {
  readonly path: string
  file(name: string): string
  write(name: string, text: string | Uint8Array, mode?: number): Promise<string>
  read(name: string): Promise<string>
  /** All names in the folder, hidden ones too, sorted. */
  names(): Promise<string[]>
}

export async function makeFolder(): Promise<Folder> {
  // Below a sticky folder a provider is accepted only if nobody else can create the "node_modules" there.
  await mkdir(join(tmpdir(), 'node_modules'), { mode: 0o755 }).catch(() => undefined)
  const path = await realpath(await mkdtemp(join(tmpdir(), 'keyfold-test-')))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  const file = (name: string): string => join(path, name)
  return {
    path,
    file,
    write: async (name, text, mode = 0o600) => {
      await mkdir(dirname(file(name)), { recursive: true })
      await writeFile(file(name), text)
      await chmod(file(name), mode)
      return file(name)
    },
    read: (name) => readFile(file(name), 'utf8'),
    names: async () => (await readdir(path)).sort(),
  }
}

const KEKS = `
      - { id: ${KEK_ID}, alias: KEK-payments.eu, versions: [{ value: "${KEK_CANARY}" }] }
      - { id: ${OTHER_KEK_ID}, alias: KEK-orders, versions: [{ value: "${OTHER_KEK}" }] }`

/** A configuration of the in-memory KMS: `public.*` in clear, `payments.*` and `orders` encrypted, nothing else. */
export const CONFIG = `kms:
  provider: inmemory
  config:
    insecure: test-only
    keks:${KEKS}
encryption:
  topics:
    - { match: "public.*", plaintext: allow }
    - { match: "payments.*", kek: "KEK-$(topicName)" }
    - { match: orders, kek: KEK-orders }
`

/** A folder with `keyfold.yaml` in it. */
export async function makeConfigured(config = CONFIG): Promise<Folder> {
  const folder = await makeFolder()
  await folder.write('keyfold.yaml', config)
  return folder
}

/** One line, its members in the order in which they are written back. */
export function line(
  topic: string,
  value: unknown,
  more: { readonly headers?: unknown; readonly [name: string]: unknown } = {},
): string {
  const { headers, key = 'k', ...rest } = more
  return JSON.stringify({ topic, ...rest, key, value, headers })
}

/** Lines with line ends. */
export const ndjson = (...lines: string[]): string => lines.map((text) => `${text}\n`).join('')

/** Installs a provider package made of one module, which may import `@keyfold/kms-api`, in the folder `modules`. */
export async function installProvider(
  folder: Folder,
  name: string,
  source: string,
  packageName = `@keyfold/kms-${name}`,
  modules = 'node_modules',
): Promise<void> {
  const at = `${modules}/${packageName}`
  const manifest = {
    name: packageName,
    version: '1.0.0',
    type: 'module',
    exports: { './kms-provider': './kms-provider.js' },
  }
  await folder.write(`${at}/package.json`, JSON.stringify(manifest))
  await folder.write(`${at}/kms-provider.js`, source)
  await mkdir(folder.file(`${modules}/@keyfold`), { recursive: true })
  await symlink(
    fileURLToPath(new URL('../../../kms-api', import.meta.url)),
    folder.file(`${modules}/@keyfold/kms-api`),
  ).catch(() => undefined)
}

/** A provider whose KMS rejects everything with `error`, an expression over the classes of `@keyfold/kms-api`. */
export const failingProvider = (name: string, error: string): string => `
import * as api from '@keyfold/kms-api'
const fail = (operation) => async () => { throw ${error} }
const kms = {
  resolveKek: fail('resolveKek'), generateDekPair: fail('generateDekPair'), decryptEdek: fail('decryptEdek'),
  kekOf: () => { throw new api.InvalidEdekError({ provider: '${name}', operation: 'kekOf' }) },
  close: async () => {}, [Symbol.asyncDispose]: async () => {},
}
const standard = { version: 1, vendor: 'test', validate: (value) => ({ value }), jsonSchema: { input: () => ({ type: 'object' }), output: () => ({ type: 'object' }) } }
export default { name: '${name}', contract: 1, configSchema: { '~standard': standard }, create: async () => kms }
`
