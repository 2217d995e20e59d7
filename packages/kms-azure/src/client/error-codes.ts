/** Codes of Key Vault that say why a key may not be used now, with the state that they mean. */
export const STATES: Readonly<Record<string, string>> = {
  KeyDisabled: 'disabled',
  KeyExpired: 'expired',
  KeyNotYetValid: 'not-yet-valid',
}

/** Codes of Key Vault for a key that lacks an operation. */
export const FORBIDDEN_OPERATIONS: ReadonlySet<string> = new Set(['KeyOperationForbidden', 'KeyOperationNotPermitted'])

/** Statuses of something that passes: of the service, and of proxies before it. */
export function isPassing(status: number): boolean {
  return status >= 500 || [408, 409, 412, 423, 425, 472, 473].includes(status)
}
