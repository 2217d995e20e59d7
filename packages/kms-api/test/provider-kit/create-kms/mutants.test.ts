import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { describe, expect, it } from 'vitest'

import type { createKms } from '../../../src/provider-kit/index.ts'
import { temporaryDirectory } from '../../temporary-directory.ts'
import { rules } from './rules.ts'

/** A `createKms` that lacks one check, or has two in another order. */
interface Mutant {
  readonly name: string
  readonly file: string
  /** Each text stands in the file exactly once, unless it is replaced everywhere. */
  readonly changes: readonly (readonly [from: string, to: string])[]
  /** The rule that it must break. */
  readonly rule: string
  readonly everywhere?: true
}

const FOLDER = fileURLToPath(new URL('../../../src/provider-kit/create-kms/', import.meta.url))
const MAIN = 'create-kms.ts'
const OPEN = 'this.#calls.checkOpen(details.operation)'
const SIGNAL = 'given.signal?.throwIfAborted()'
const OPTIONS = 'const given = readCallOptions(options)'
const CONTEXT = 'const context = this.#bind(given, details)'
const DECODE = 'const { kek: named, bound, fields, reference } = decodeEdek(this.#operations, edek, details)'
const MISMATCH = 'if (!sameKek(named, expected)) throw new KekMismatchError(details)'
const BOUND = 'if (bound !== (context !== undefined) && !opensUnbound) throw new InvalidEdekError(details)'
const UNBOUND = "const opensUnbound = given.contextRead === 'if-present' && !bound"
const EXPECTED = 'const expected = copyKek(kek)'
const EDEK = 'assertEdek(edek)'

const remove = (name: string, file: string, text: string, rule: string, to = ''): Mutant => ({
  name,
  file,
  changes: [[text, to]],
  rule,
})

const mutants: readonly Mutant[] = [
  { ...remove('never looks whether it is closed', MAIN, OPEN, 'closed-first'), everywhere: true },
  {
    name: 'looks at the selector before it looks whether it is closed',
    file: MAIN,
    changes: [[`${OPEN}\n    assertKekSelector(kekSelector)`, `assertKekSelector(kekSelector)\n    ${OPEN}`]],
    rule: 'closed-first',
  },
  {
    name: 'looks at the reference before it looks whether it is closed, generating',
    file: MAIN,
    changes: [[`${OPEN}\n    const copy = copyKek(kek)`, `const copy = copyKek(kek)\n    ${OPEN}`]],
    rule: 'closed-first',
  },
  {
    name: 'looks at the reference before it looks whether it is closed, decrypting',
    file: MAIN,
    changes: [[`${OPEN}\n    ${EXPECTED}`, `${EXPECTED}\n    ${OPEN}`]],
    rule: 'closed-first',
  },
  {
    name: 'looks at the EDEK before it looks whether it is closed, in kekOf',
    file: MAIN,
    changes: [[`${OPEN}\n    ${EDEK}\n    return`, `${EDEK}\n    ${OPEN}\n    return`]],
    rule: 'closed-first',
  },
  remove('does not check the selector', MAIN, 'assertKekSelector(kekSelector)', 'selector'),
  remove('uses the reference of the caller, generating', MAIN, 'const copy = copyKek(kek)', 'kek', 'const copy = kek'),
  remove('uses the reference of the caller, decrypting', MAIN, EXPECTED, 'kek', 'const expected = kek'),
  { ...remove('does not check that an EDEK is bytes', MAIN, EDEK, 'edek'), everywhere: true },
  { ...remove('does not look at the signal', MAIN, SIGNAL, 'aborted-before'), everywhere: true },
  {
    name: 'looks at the signal before the arguments, resolving',
    file: MAIN,
    changes: [
      [
        `assertKekSelector(kekSelector)\n    ${OPTIONS}\n    ${SIGNAL}`,
        `${OPTIONS}\n    ${SIGNAL}\n    assertKekSelector(kekSelector)`,
      ],
    ],
    rule: 'selector',
  },
  {
    name: 'looks at the signal before the EDEK',
    file: MAIN,
    changes: [[`${EDEK}\n    ${OPTIONS}\n    ${SIGNAL}`, `${OPTIONS}\n    ${SIGNAL}\n    ${EDEK}`]],
    rule: 'edek',
  },
  {
    name: 'looks at the signal after the context',
    file: MAIN,
    changes: [[`${SIGNAL}\n    ${CONTEXT}`, `${CONTEXT}\n    ${SIGNAL}`]],
    rule: 'aborted-before',
    everywhere: true,
  },
  {
    name: 'looks at the boundary before the context',
    file: MAIN,
    changes: [
      [
        `${CONTEXT}\n    const accepted = acceptKek(this.#operations, copy, details)`,
        `const accepted = acceptKek(this.#operations, copy, details)\n    ${CONTEXT}`,
      ],
    ],
    rule: 'context-type',
  },
  {
    name: 'decodes before it looks at the context',
    file: MAIN,
    changes: [[`${CONTEXT}\n    ${DECODE}`, `${DECODE}\n    ${CONTEXT}`]],
    rule: 'context-type',
  },
  {
    name: 'compares contexts before KEKs',
    file: MAIN,
    changes: [
      [MISMATCH, ''],
      [BOUND, `${BOUND}\n    ${MISMATCH}`],
    ],
    rule: 'mismatch',
  },
  remove('does not compare KEKs', MAIN, MISMATCH, 'mismatch'),
  remove(
    'compares versions too',
    MAIN,
    MISMATCH,
    'mismatch',
    MISMATCH.replace(
      '!sameKek(named, expected)',
      '!sameKek(named, expected) || (expected.version !== undefined && named.version !== expected.version)',
    ),
  ),
  remove('does not compare an EDEK with the context', MAIN, BOUND, 'bound'),
  remove('ignores a context for an unbound EDEK', MAIN, UNBOUND, 'bound', 'const opensUnbound = !bound'),
  remove(
    'opens a bound EDEK without a context under "if-present"',
    MAIN,
    UNBOUND,
    'bound',
    "const opensUnbound = given.contextRead === 'if-present'",
  ),
  remove('does not know "if-present"', MAIN, UNBOUND, 'if-present', 'const opensUnbound = false'),
  remove('sends the context with an unbound EDEK', MAIN, 'bound ? context : undefined', 'if-present', 'context'),
  remove(
    'binds a context that the KMS cannot bind',
    MAIN,
    'if (context !== undefined && this.#operations.bindsContext === false) throw new ContextUnsupportedError(details)',
    'context-unsupported',
  ),
  remove(
    'drops the context, resolving',
    MAIN,
    'this.#operations.resolve(kekSelector, context, call)',
    'context-once',
    'this.#operations.resolve(kekSelector, undefined, call)',
  ),
  remove(
    'drops the context, generating',
    MAIN,
    'this.#operations.generate(accepted, context, call)',
    'context-once',
    'this.#operations.generate(accepted, undefined, call)',
  ),
  remove(
    'gives generate the reference of the caller',
    MAIN,
    'this.#operations.generate(accepted,',
    'own-references',
    'this.#operations.generate(copy,',
  ),
  remove(
    'gives unwrap the reference of the caller',
    MAIN,
    'this.#operations.unwrap(fields, named,',
    'own-references',
    'this.#operations.unwrap(fields, expected,',
  ),
  remove(
    'does not check a resolved reference',
    MAIN,
    "if (kek === undefined) throw new InvalidResponseError('a KEK of this provider', { ...details, kekSelector })",
    'resolve-result',
  ),
  remove(
    'returns the reference of decode',
    MAIN,
    'return decodeEdek(this.#operations, edek, details).reference',
    'references',
    'return decodeEdek(this.#operations, edek, details).kek',
  ),
  remove(
    'closes the provider each time',
    MAIN,
    'this.#closed ??= this.#close()',
    'close-once',
    'this.#closed = this.#close()',
  ),
  remove('does not end running calls when it is closed', MAIN, 'this.#calls.close()\n', 'closed-first', '\n'),
  remove(
    'does not close the provider',
    MAIN,
    'await this.#operations.close()',
    'close-once',
    'await Promise.resolve()',
  ),
  remove('does nothing when it is disposed of', MAIN, 'return this.close()', 'dispose', 'return Promise.resolve()'),
  remove(
    'passes on what close throws',
    MAIN,
    "throw contractError(error, this.#details('close'))",
    'close-fails',
    'throw error',
  ),
  remove(
    'has a health without a ping',
    MAIN,
    'if (operations.ping !== undefined) this.health',
    'health',
    'this.health',
  ),
  remove('rejects health for an outage', MAIN, 'return healthOf(error)', 'health', 'throw error'),
  remove(
    'does not check a health',
    MAIN,
    'checkHealth(await this.#operations.ping?.(call), details)',
    'health',
    'this.#operations.ping(call)',
  ),
  remove(
    'reports every failure as "down"',
    'health-of.ts',
    "error.code === 'KMS_THROTTLED' ? 'degraded' : 'down'",
    'health',
    "'down'",
  ),
  remove('reports a closed client as "down"', 'health-of.ts', " || error.code === 'KMS_CLOSED'", 'close-race'),
  remove(
    'accepts a KEK of another provider',
    'accept-kek.ts',
    'kek.provider === operations.provider ? operations.accept(kek) : undefined',
    'boundary-generate',
    'operations.accept(kek)',
  ),
  remove(
    'does not ask for the boundary',
    'accept-kek.ts',
    'if (accepted === undefined || !sameKek(accepted, kek))',
    'boundary-generate',
    'accepted ??= kek\n  if (!sameKek(accepted, kek))',
  ),
  remove(
    'accepts another KEK than the one of the caller',
    'accept-kek.ts',
    ' || !sameKek(accepted, kek)',
    'boundary-generate',
  ),
  remove(
    'lets an error of accept out',
    'accept-kek.ts',
    'throw contractError(error, details)',
    'boundary-generate',
    'throw error',
  ),
  remove('lets decode have the EDEK of the caller', 'decode-edek.ts', 'new Uint8Array(edek)', 'copies', 'edek'),
  remove('does not check the reference of decode', 'decode-edek.ts', ' || reference === undefined', 'decode-faults'),
  remove('does not check "bound"', 'decode-edek.ts', " || typeof decoded.bound !== 'boolean'", 'decode-faults'),
  remove(
    'lets an error of decode out',
    'decode-edek.ts',
    'throw new InvalidEdekError(error instanceof ByteFormatError ? details : { ...details, cause: sanitizeCause(error) })',
    'decode-faults',
    'throw error',
  ),
  remove('hides a KmsError of decode', 'decode-edek.ts', 'if (isKmsError(error)) throw error', 'decode-faults'),
  remove('takes references of another provider', 'references.ts', 'named !== provider || ', 'resolve-result'),
  remove('takes an empty id', 'references.ts', " || id === ''", 'resolve-result'),
  remove(
    'takes any wrapping',
    'references.ts',
    "if (wrapping !== 'authenticated' && wrapping !== 'public-key') return undefined",
    'resolve-result',
  ),
  remove(
    'takes any version',
    'references.ts',
    "if (version !== undefined && (typeof version !== 'string' || version === '')) return undefined",
    'resolve-result',
  ),
  remove(
    'does not freeze references',
    'references.ts',
    'return Object.freeze({ provider, id, ...(version',
    'references',
    'return ({ provider, id, ...(version',
  ),
  remove('does not zero the bytes of a DEK', 'take-dek.ts', 'bytes.fill(0)', 'zeroes'),
  remove(
    'does not check the length of a DEK',
    'take-dek.ts',
    'if (bytes.length !== KEY_LENGTH) throw wrongLength(origin, details)',
    'length-unwrapped',
  ),
  remove(
    'calls every wrong length a wrong response',
    'take-dek.ts',
    "return origin === 'generated'",
    'length-unwrapped',
    'return true',
  ),
  remove(
    'calls every wrong length a wrong EDEK',
    'take-dek.ts',
    "return origin === 'generated'",
    'length-generated',
    'return false',
  ),
  remove(
    'takes zeros for a DEK',
    'take-dek.ts',
    "if (isZero(bytes)) throw new InvalidResponseError('a DEK that is not all zeros', details)",
    'all-zero',
  ),
  remove('takes a DEK that begins with zeros for none', 'take-dek.ts', 'all |= byte', 'all-zero', 'all = byte'),
  remove(
    'does not check that a DEK is bytes',
    'take-dek.ts',
    "if (!types.isUint8Array(bytes)) throw new InvalidResponseError('the bytes of a DEK', details)",
    'length-unwrapped',
  ),
  remove(
    'does not read the EDEK of a generated DEK',
    'take-dek-pair.ts',
    'if (isReadable(operations, copy, kek, bound, details))',
    'generated-edek',
    '',
  ),
  remove(
    'does not check which KEK a generated EDEK names',
    'take-dek-pair.ts',
    ' && sameKek(decoded.reference, kek)',
    'generated-edek',
  ),
  remove(
    'does not check whether a generated EDEK is bound',
    'take-dek-pair.ts',
    'decoded.bound === bound && ',
    'generated-edek',
  ),
  remove(
    'returns the EDEK of the operation',
    'take-dek-pair.ts',
    'return { dek, edek: copy }',
    'generated-edek',
    'return { dek, edek }',
  ),
  remove(
    'lets an error of an operation out',
    'calls.ts',
    'throw contractError(error, details)',
    'foreign-errors',
    'throw error',
  ),
  remove(
    'passes on the text of a foreign error',
    'contract-error.ts',
    'sanitizeCause(error)',
    'foreign-errors',
    'error',
  ),
  remove(
    'does not listen to the signal of the caller',
    'calls.ts',
    "signal?.addEventListener('abort', abort, { once: true })",
    'abort-race',
  ),
  remove(
    'keeps listening to the signal of the caller',
    'calls.ts',
    "signal?.removeEventListener('abort', abort)",
    'no-listeners',
  ),
  remove(
    'rejects with a reason of its own',
    'calls.ts',
    'controller.abort(signal?.reason)',
    'abort-race',
    'controller.abort()',
  ),
  remove(
    'does not end running calls',
    'calls.ts',
    'for (const [controller, operation] of this.#running) controller.abort(this.#closedError(operation))',
    'close-race',
  ),
  remove(
    'waits for an operation that was aborted',
    'calls.ts',
    'await withSignal(() => guarded(details, call, work), controller.signal, discard)',
    'abort-wins',
    'await guarded(details, call, work)',
  ),
  remove(
    'does not tell the operation the correlation id',
    'calls.ts',
    'const call = { operation, signal: controller.signal, correlationId }',
    'call',
    'const call = { operation, signal: controller.signal }',
  ),
  remove(
    'takes any options',
    'call-options.ts',
    "if (options !== undefined && (typeof options !== 'object' || (options as unknown) === null))",
    'options',
    'if (false)',
  ),
  remove(
    'takes any signal',
    'call-options.ts',
    'if (signal !== undefined && !isSignal(signal))',
    'options',
    'if (false)',
  ),
  remove(
    'takes any mode of reading',
    'call-options.ts',
    "if (contextRead !== 'require' && (contextRead as unknown) !== 'if-present')",
    'options',
    'if (false)',
  ),
  remove(
    'takes any correlation id',
    'call-options.ts',
    "if (correlationId !== undefined && typeof correlationId !== 'string')",
    'options',
    'if (false)',
  ),
]

/** Copies the folder with one change, so that everything outside of it is the real thing. */
async function load({ file, changes, everywhere }: Mutant): Promise<typeof createKms> {
  const files: Record<string, string> = {}
  for (const name of readdirSync(FOLDER)) {
    let source = readFileSync(join(FOLDER, name), 'utf8')
    if (name === file)
      for (const [from, to] of changes) {
        const times = source.split(from).length - 1
        expect(everywhere === true ? Math.min(times, 1) : times, `how often ${file} holds: ${from}`).toBe(1)
        source = source.replaceAll(from, to)
      }
    files[name] = source.replaceAll(/'(\.\.\/[^']+)'/g, (_, path: string) => `'${join(FOLDER, path)}'`)
  }
  const directory = temporaryDirectory(files)
  const module = (await import(pathToFileURL(join(directory, MAIN)).href)) as { readonly createKms: typeof createKms }
  expect(dirname(join(directory, MAIN))).not.toBe(FOLDER)
  return module.createKms
}

/** More turns of the event loop than any rule needs: no rule does I/O. Counted, not timed, so a busy machine changes nothing. */
const MAX_TURNS = 200

/** The rules that a `createKms` breaks. A rule that does not end is broken, too. */
async function brokenBy(make: typeof createKms): Promise<string[]> {
  const broken: string[] = []
  for (const { id, run } of rules) {
    const kept = run(make).then(
      () => true,
      () => false,
    )
    if (!(await Promise.race([kept, afterTurns()]))) broken.push(id)
  }
  return broken
}

async function afterTurns(): Promise<false> {
  for (let i = 0; i < MAX_TURNS; i++) await new Promise((resolve) => setImmediate(resolve))
  return false
}

describe('a createKms that is wrong in one way', () => {
  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))('and %s breaks a rule', async (_, mutant) => {
    expect(await brokenBy(await load(mutant))).toContain(mutant.rule)
  })

  it('differs from the right one, which breaks none when it is loaded in the same way', async () => {
    expect(await brokenBy(await load({ name: 'right', file: MAIN, changes: [], rule: '' }))).toEqual([])
  })
})
