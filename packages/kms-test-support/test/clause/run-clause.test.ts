import { describe, expect, test } from 'vitest'

import { ClauseError, PreparationError, runClause, type Clause, type KmsFacade } from '../../src/index.ts'

const facade = {
  manifest: { wrapping: 'authenticated', cannot: { deny: 'nobody is denied' } },
  requests: () => 0,
} as unknown as KmsFacade
const clause = (run: Clause['run'], more: object = {}): Clause => ({ id: 'C99', title: 'a test', run, ...more })

describe('running a clause', () => {
  test('passes what passes', async () => {
    await runClause(
      clause(() => Promise.resolve()),
      facade,
    )
  })

  test('breaks it for an error that the clause did not expect, with the error as the cause', async () => {
    const cause = new Error('lost')
    const failure: unknown = await runClause(
      clause(() => Promise.reject(cause)),
      facade,
    ).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ClauseError)
    expect((failure as Error).cause).toBe(cause)
  })

  test('keeps apart what could not begin', async () => {
    const run = () => Promise.reject(new PreparationError('create', new Error('no server')))
    await expect(runClause(clause(run), facade)).rejects.toThrow(PreparationError)
  })

  test('breaks it when it does not end', async () => {
    await expect(
      runClause(
        clause(() => new Promise(() => undefined), { timeoutMs: 5 }),
        facade,
      ),
    ).rejects.toThrow('C99 expected to end within 5 ms')
  })

  test('checks what a declared inability implies, instead', async () => {
    const seen: string[] = []
    const run = () => {
      seen.push('run')
      return Promise.resolve()
    }
    const cannot = (_: unknown, lacking: string) => {
      seen.push(`cannot ${lacking}`)
      return Promise.resolve()
    }
    await runClause(clause(run, { needs: ['disable', 'deny'], cannot }), facade)
    await runClause(clause(run, { needs: ['disable'], cannot }), facade)
    expect(seen).toEqual(['cannot deny', 'run'])
  })
})
