/** A real server could not be installed or started. The message says why, and what to do. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
}
