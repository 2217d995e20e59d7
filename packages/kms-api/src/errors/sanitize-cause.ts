const MAX_LEVELS = 4
/** The form of names and codes of errors. Anything else could be text that a server sent. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/

/**
 * Creates an error with only the name, `code`, `syscall` and HTTP `status` of a vendor's error, which distinguish faults. Message, stack and other
 * properties are dropped, because they may quote a request or a response. A numeric `code`, as of PKCS#11 or gRPC, is kept in decimal. Missing fields are taken from its causes.
 */
export function sanitizeCause(error: unknown): Error {
  const facts = {
    name: undefined as string | undefined,
    code: undefined as string | undefined,
    syscall: undefined as string | undefined,
    status: undefined as number | undefined,
  }
  let current = error
  for (let level = 0; level < MAX_LEVELS && current instanceof Error; level++) {
    const from = current
    facts.name ??= identifier(() => from.name)
    facts.code ??= identifier(() => read(from, 'code')) ?? numericCode(from)
    facts.syscall ??= identifier(() => read(from, 'syscall'))
    facts.status ??= statusOf(from)
    current = guarded(() => from.cause)
  }
  return new SanitizedError(facts.name ?? 'Error', facts.code, facts.syscall, facts.status)
}

/** The sanitized form of a vendor's error. */
class SanitizedError extends Error {
  declare readonly code?: string
  declare readonly syscall?: string
  declare readonly status?: number

  constructor(name: string, code: string | undefined, syscall: string | undefined, status: number | undefined) {
    super([code ?? 'no code', syscall, status].filter((part) => part !== undefined).join(' '))
    // Not enumerable, like the name of any error.
    Object.defineProperty(this, 'name', { value: name, configurable: true, writable: true })
    if (code !== undefined) this.code = code
    if (syscall !== undefined) this.syscall = syscall
    if (status !== undefined) this.status = status
    this.stack = `${name}: ${this.message}`
  }
}

function statusOf(error: Error): number | undefined {
  const places = [
    () => read(error, 'status'),
    () => read(error, 'statusCode'),
    () => read(read(error, '$metadata'), 'httpStatusCode'),
    () => read(read(error, 'response'), 'status'),
    () => read(read(error, 'response'), 'statusCode'),
  ]
  for (const place of places) {
    const status = guarded(place)
    if (typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599) return status
  }
  return undefined
}

function identifier(get: () => unknown): string | undefined {
  const value = guarded(get)
  return typeof value === 'string' && IDENTIFIER.test(value) ? value : undefined
}

/** A vendor's number. Those of a `DOMException` say less than its name. */
function numericCode(error: Error): string | undefined {
  if (error instanceof DOMException) return undefined
  const code = guarded(() => read(error, 'code'))
  return typeof code === 'number' && Number.isInteger(code) && code > 0 && code <= 0xffff_ffff
    ? String(code)
    : undefined
}

function read(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}

/** A vendor's getter may throw, and that error would be just as unknown. */
function guarded(get: () => unknown): unknown {
  try {
    return get()
  } catch {
    return undefined
  }
}
