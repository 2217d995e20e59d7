import { CliError } from '../errors/cli-error.ts'

const REASONS: Readonly<Record<string, string>> = {
  EPIPE: 'whoever read it has closed the pipe; what was written is not whole',
  ERR_STREAM_DESTROYED: 'it was closed; what was written is not whole',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it would be larger than the limit for files',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'no such folder',
  ENOTDIR: 'no such folder',
}

const CLOSED: ReadonlySet<string> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED'])

/** An output whose reader has closed the pipe. */
class ClosedPipeError extends CliError {}

/** Returns whether an output failed because its reader closed the pipe. */
export function isClosedPipe(error: unknown): boolean {
  return error instanceof ClosedPipeError
}

/** Creates the error of a failed output: one line with the reason. `name` is escaped. */
export function outputFailure(name: string, error: unknown): CliError {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException
  const reason = REASONS[code]
  const Class = CLOSED.has(code) ? ClosedPipeError : CliError
  return new Class('CLI_OUTPUT', `${name}: cannot be written: ${reason === undefined ? code : `${reason} (${code})`}`)
}
