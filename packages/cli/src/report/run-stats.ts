import type { KmsCallCounts } from '../kms/counting-kms.ts'

/** What a run counts while it goes on. Changed by the pipeline. */
export interface RunStats {
  /** Records read. */
  records: number
  encrypted: number
  decrypted: number
  /** Written without encryption on either side: tombstones, topics in clear. */
  clear: number
  /** Rejected, whatever became of them. */
  rejected: number
  /** Rejected and left out. */
  skipped: number
  /** Rejected and written as they came. */
  raw: number
  bytesIn: number
  bytesOut: number
}

/** Starts at zero. */
export function createStats(): RunStats {
  return { records: 0, encrypted: 0, decrypted: 0, clear: 0, rejected: 0, skipped: 0, raw: 0, bytesIn: 0, bytesOut: 0 }
}

/** The end of a run, as `--json` prints it. */
export interface RunSummary extends Readonly<RunStats> {
  readonly command: string
  readonly exitCode: number
  readonly dryRun: boolean
  readonly deksGenerated: number
  readonly kmsCalls: KmsCallCounts
  readonly seconds: number
  readonly recordsPerSecond: number
  readonly error?: { readonly code: string; readonly message: string } | undefined
}
