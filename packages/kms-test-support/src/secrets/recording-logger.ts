import type { Logger } from '@keyfold/kms-api'

/** Keeps every line that is logged, to be searched for secrets. */
export class RecordingLogger implements Logger {
  readonly lines: { readonly fields: object; readonly message?: string | undefined }[] = []

  debug(fields: object, message?: string): void {
    this.lines.push({ fields, message })
  }

  info(fields: object, message?: string): void {
    this.lines.push({ fields, message })
  }

  warn(fields: object, message?: string): void {
    this.lines.push({ fields, message })
  }

  error(fields: object, message?: string): void {
    this.lines.push({ fields, message })
  }
}
