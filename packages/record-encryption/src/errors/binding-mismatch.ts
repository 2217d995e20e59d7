import type { RecordBindingError } from './record-error.ts'

/** A trailer that does not match its record. */
export interface BindingMismatch {
  readonly field: RecordBindingError['field']
  readonly boundTopic: string | undefined
  readonly message: string
}
