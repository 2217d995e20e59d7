import { describe, expect, it } from 'vitest'

import { TestClock } from '@keyfold/kit/test-clock'
import { AccessDeniedError, KmsUnavailableError, ThrottledError } from '@keyfold/kms-api'
import { createInMemoryKms } from '@keyfold/kms-inmemory'

import { createRecordEncryption, inspectRecord, type RecordEncryption } from '../../src/index.ts'
import { codeOf, records, settled } from '../records/support.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A clock whose timers fire at once and move it on. */
class SkippingClock extends TestClock {
  schedule(delayMs: number, callback: () => void): () => void {
    const timer = setImmediate(() => {
      // The deadline of a call is no delay that anybody waits for.
      if (delayMs < 15_000) {
        this.pass(delayMs)
        callback()
      }
    })
    return () => {
      clearImmediate(timer)
    }
  }
}

async function stage(): Promise<{
  readonly encryption: RecordEncryption
  readonly admin: ReturnType<typeof createInMemoryKms>['admin']
  readonly clock: TestClock
}> {
  const { kms, admin } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
  const clock = new SkippingClock()
  const encryption = await createRecordEncryption({ kms, clock, topics: [{ match: '*', kek: 'kek' }] })
  return { encryption, admin, clock }
}

describe('record encryption by default', () => {
  it('does not notice a single fault of any operation', async () => {
    for (const operation of ['resolveKek', 'generateDekPair', 'decryptEdek'] as const) {
      const { encryption, admin } = await stage()
      let faults = 1
      admin.faults = (call) => {
        if (call.operation === operation && faults-- > 0) throw new ThrottledError({ provider: 'inmemory', operation })
      }
      const encrypted = await encryption.encrypt('t', records(10))
      expect(await encryption.decrypt('t', encrypted)).toHaveLength(10)
      expect(admin.calls[operation]).toBe(2)
    }
  })

  it('serves warm producers for two hours and warm consumers for a day while the KMS hangs', async () => {
    const { encryption, admin, clock } = await stage()
    const encrypted = await encryption.encrypt('t', records(10))
    await encryption.decrypt('t', encrypted)
    admin.faults = () => new Promise(() => undefined)
    // Without a timer that passes: what waited would fail this test by its timeout.
    for (let minutes = 5; minutes < 120; minutes += 5) {
      clock.pass(5 * MINUTE)
      expect(await encryption.encrypt('t', records(10))).toHaveLength(10)
      expect(await encryption.decrypt('t', encrypted)).toHaveLength(10)
    }
    for (let minutes = 120; minutes < 24 * 60 - 5; minutes += 5) {
      clock.pass(5 * MINUTE)
      expect(await encryption.decrypt('t', encrypted)).toHaveLength(10)
    }
  })

  it('sends nothing in clear and nothing under an old DEK after two hours of an outage', async () => {
    const { encryption, admin, clock } = await stage()
    await encryption.encrypt('t', records(10))
    admin.faults = ({ operation }) => {
      throw new KmsUnavailableError({ provider: 'inmemory', operation })
    }
    clock.pass(2 * HOUR)
    expect(await codeOf(encryption.encrypt('t', records(1)))).toMatch(/^KMS_(UNAVAILABLE|CIRCUIT_OPEN)$/)
    await settled()
    admin.faults = undefined
    clock.pass(MINUTE)
    expect(await encryption.encrypt('t', records(1))).toHaveLength(1)
  })

  it.each(['disabled', 'deleted'] as const)(
    'goes on under the KEK that the alias names now when the old one is %s',
    async (state) => {
      const { kms, admin } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'kek' }] })
      const clock = new SkippingClock()
      const encryption = await createRecordEncryption({ kms, clock, topics: [{ match: '*', kek: 'kek' }] })
      await encryption.encrypt('t', records(1))
      const old = await kms.resolveKek('kek')
      const replacement = admin.createKek()
      admin.setAlias('kek', replacement)
      if (state === 'disabled') admin.disableKek(old)
      else admin.deleteKek(old)
      await encryption.rotate()
      const [record] = await encryption.encrypt('t', records(1))
      expect(kms.kekOf(inspectRecord(record!)!.edek).id).not.toBe(old.id)
    },
  )

  it('drops the DEK in use when its refresh in the background is denied', async () => {
    const { encryption, admin, clock } = await stage()
    await encryption.encrypt('t', records(1))
    admin.faults = ({ operation }) => {
      if (operation === 'generateDekPair') throw new AccessDeniedError({ provider: 'inmemory', operation })
    }
    clock.pass(HOUR)
    await encryption.encrypt('t', records(1))
    await settled()
    expect(await codeOf(encryption.encrypt('t', records(1)))).toBe('KMS_ACCESS_DENIED')
  })
})
