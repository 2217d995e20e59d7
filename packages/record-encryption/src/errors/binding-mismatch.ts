import type { RecordBindingError } from './record-error.ts'

/** A trailer that names something else than the record has. */
export interface BindingMismatch {
  readonly field: RecordBindingError['field']
  readonly boundTopic: string | undefined
  readonly message: string
}
