import { Buffer } from 'node:buffer'

import { escapeText, type Edek, type KekHint, type KmsProvider } from '@keyfold/kms-api'
import { inspectRecord, isRecordError, type EncryptedRecordInfo } from '@keyfold/record-encryption'

import type { Mounts } from '../kms/read-mounts.ts'
import type { NdjsonRecord } from '../ndjson/index.ts'

/** The KEK that an EDEK names, and the mount of the configuration where the EDEK holds none. */
export interface Candidate extends KekHint {
  readonly mount?: string | undefined
}

/** The fields that `inspect` shows of a record. Nothing of it is authenticated; neither the EDEK nor a value is included. */
export type InspectView =
  | {
      readonly status: 'encrypted'
      readonly version: number
      readonly cipher: string
      readonly aad: string
      readonly edekLength: number
      /** Hexadecimal. */
      readonly iv: string
      readonly valueLength: number
      readonly ciphertextLength: number
      readonly markerIndex: number
      /** KEKs that the EDEK may name, one for each provider whose format it fits. */
      readonly candidates: readonly Candidate[]
    }
  | { readonly status: 'clear'; readonly valueLength: number }
  | { readonly status: 'tombstone' }
  | { readonly status: 'malformed'; readonly code: string; readonly problem: string }

/** Reads the parts of a record that need no key. */
export function viewRecord(
  record: NdjsonRecord,
  providers: readonly KmsProvider[],
  mounts: Mounts = new Map(),
): InspectView {
  try {
    const info = inspectRecord(record)
    if (info !== undefined) return encryptedView(info, record, providers, mounts)
    return record.value === null ? { status: 'tombstone' } : { status: 'clear', valueLength: record.value.length }
  } catch (error) {
    if (!isRecordError(error)) throw error
    return { status: 'malformed', code: error.code, problem: error.message }
  }
}

function encryptedView(
  info: EncryptedRecordInfo,
  record: NdjsonRecord,
  providers: readonly KmsProvider[],
  mounts: Mounts,
): InspectView {
  return {
    status: 'encrypted',
    version: info.encryptionVersion,
    cipher: info.cipher,
    aad: info.aad,
    edekLength: info.edek.length,
    iv: Buffer.from(info.iv).toString('hex'),
    valueLength: record.value?.length ?? 0,
    ciphertextLength: info.ciphertextLength,
    markerIndex: info.markerIndex,
    candidates: providers.flatMap((provider) => candidate(provider, info.edek, mounts) ?? []),
  }
}

/** A provider's reader receives hostile bytes here; one that throws yields nothing. */
function candidate(provider: KmsProvider, edek: Edek, mounts: Mounts): Candidate | undefined {
  try {
    const hint = provider.readEdek?.(edek.slice())
    if (hint === undefined) return undefined
    const { id, name, version } = hint
    const mount = name === undefined ? undefined : mounts.get(provider.name)
    return {
      provider: provider.name,
      ...(id !== undefined && { id }),
      ...(name !== undefined && { name }),
      ...(mount !== undefined && { mount }),
      ...(version !== undefined && { version }),
    }
  } catch {
    return undefined
  }
}

/** The columns of the table; the KEK is last because it may be long. */
const COLUMNS = [
  { title: 'LINE', width: 6 },
  { title: 'TOPIC', width: 20 },
  { title: 'STATUS', width: 10 },
  { title: 'VERSION', width: 8 },
  { title: 'CIPHER', width: 16 },
  { title: 'EDEK', width: 6 },
  { title: 'IV', width: 25 },
  { title: 'VALUE', width: 8 },
  { title: 'CIPHERTEXT', width: 11 },
  { title: 'KEK, AS CLAIMED', width: 0 },
]

/** The table's first line. */
export const tableHead = (): string => row(COLUMNS.map(({ title }) => title))

/** A record's line of the table. */
export function tableRow(line: number, topic: string, view: InspectView): string {
  const start = [String(line), topic === '' ? '-' : escapeText(topic), view.status]
  switch (view.status) {
    case 'encrypted': {
      const { version, cipher, edekLength, iv, valueLength, ciphertextLength, candidates } = view
      return row(
        [...start, version, cipher, edekLength, iv, valueLength, ciphertextLength, describeCandidates(candidates)].map(
          String,
        ),
      )
    }
    case 'clear':
      return row([...start, '-', '-', '-', '-', String(view.valueLength), '-', '-'])
    case 'tombstone':
      return row([...start, '-', '-', '-', '-', '-', '-', '-'])
    case 'malformed':
      return row([...start, escapeText(`${view.problem} (${view.code})`)])
  }
}

function describeCandidates(candidates: readonly Candidate[]): string {
  if (candidates.length === 0) return 'unknown'
  return candidates
    .map(({ provider, id, name = '?', mount, version }) => {
      const kek = id ?? (mount === undefined ? name : `${mount}/${name}`)
      return escapeText(`${provider}:${kek}${version === undefined ? '' : `@${version}`}`)
    })
    .join(' or ')
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => cell.padEnd(COLUMNS[index]?.width ?? 0))
    .join(' ')
    .trimEnd()
}
