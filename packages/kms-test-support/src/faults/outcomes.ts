import type { FaultOutcome } from './fault-row.ts'

export const SUCCESS: FaultOutcome = { codes: [], retry: 'either', maySucceed: true }
export const UNAVAILABLE: FaultOutcome = { codes: ['KMS_UNAVAILABLE'], retry: 'yes' }
export const TIMEOUT: FaultOutcome = { codes: ['KMS_TIMEOUT', 'KMS_UNAVAILABLE'], retry: 'yes' }
export const THROTTLED: FaultOutcome = { codes: ['KMS_THROTTLED'], retry: 'yes' }
export const AUTHENTICATION: FaultOutcome = { codes: ['KMS_AUTHENTICATION'], retry: 'no' }
export const DENIED: FaultOutcome = { codes: ['KMS_ACCESS_DENIED', 'KMS_AUTHENTICATION'], retry: 'no' }
/** A success that is none. */
export const INVALID_RESPONSE: FaultOutcome = { codes: ['KMS_INVALID_RESPONSE'], retry: 'no' }
/** A rejection without a readable reason: never "unknown", which only the KMS itself may report. */
export const REJECTED: FaultOutcome = { codes: ['KMS_INVALID_RESPONSE', 'KMS_CONFIG'], retry: 'no' }
/** As {@link REJECTED}, for a status with which a KMS also rejects EDEKs. */
export const BAD_REQUEST: FaultOutcome = {
  codes: ['KMS_INVALID_RESPONSE', 'KMS_CONFIG', 'KMS_INVALID_EDEK'],
  retry: 'no',
}
/** What is no HTTP: a fault of the way or of the server, which nobody can tell apart. */
export const NO_HTTP: FaultOutcome = { codes: ['KMS_UNAVAILABLE', 'KMS_INVALID_RESPONSE'], retry: 'either' }
