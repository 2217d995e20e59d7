import { KmsConfigError, type Kms } from '@keyfold/kms-api'

import { Admin } from './admin/admin.ts'
import { Backend } from './admin/backend.ts'
import type { FaultHook } from './admin/faults.ts'
import type { InMemoryKekOptions, InMemoryKmsAdmin } from './admin/in-memory-kms-admin.ts'
import { PROVIDER } from './edek.ts'

/** Options of {@link createInMemoryKms}. */
export interface InMemoryKmsOptions {
  /** Says that no record that matters is encrypted with this. */
  readonly insecure: 'test-only'
  /** KEKs to begin with. */
  readonly keks?: readonly InMemoryKekOptions[] | undefined
  /** Called before each request. For tests only. */
  readonly faults?: FaultHook | undefined
}

/** A client, which the caller closes, and the admin of the keys behind it. */
export interface InMemoryKmsPair {
  readonly kms: Kms
  readonly admin: InMemoryKmsAdmin
}

/**
 * Makes a key management system in the memory of this process, for tests and demonstrations: its KEKs are as safe as the process, and gone
 * with it.
 *
 * ```ts
 * const { kms, admin } = createInMemoryKms({ insecure: 'test-only', keks: [{ alias: 'payments' }] })
 * admin.faults = ({ operation }) => { if (operation === 'decryptEdek') throw new Error('down') }
 * ```
 *
 * @throws `KMS_CONFIG` without `insecure: 'test-only'`, and for a malformed or repeated KEK.
 */
export function createInMemoryKms(options: InMemoryKmsOptions): InMemoryKmsPair {
  if ((options as Partial<InMemoryKmsOptions> | undefined)?.insecure !== 'test-only') {
    const details = { provider: PROVIDER, operation: 'create' } as const
    throw new KmsConfigError(
      'insecure',
      'expected "test-only": this KMS keeps its keys in memory and protects nothing',
      details,
    )
  }
  const backend = new Backend()
  backend.faults = options.faults
  const admin = new Admin(backend)
  for (const kek of options.keks ?? []) admin.createKek(kek)
  return { kms: admin.connect(), admin }
}
