/** Runs with a member on `Object.prototype`, as after a prototype pollution. */
export function polluted<T>(members: Record<string, unknown>, run: () => T): T {
  for (const [name, value] of Object.entries(members))
    Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true, enumerable: true })
  try {
    return run()
  } finally {
    for (const name of Object.keys(members)) Reflect.deleteProperty(Object.prototype, name)
  }
}
