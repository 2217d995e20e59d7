import type { KmsErrorDetails } from './kms-error-details.ts'
import { unquoted } from './printable.ts'

/** The form of identifiers of vendors. Anything else could be text that a server sent. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/

/** The parts of {@link KmsErrorDetails} that are text from outside, made safe to print. */
export interface PrintableDetails {
  readonly endpoint: string | undefined
  readonly reason: string | undefined
  readonly permission: string | undefined
  readonly hint: string | undefined
}

/** Removes credentials and queries from the endpoint, and a reason that is not an identifier; escapes and cuts the rest. */
export function printableDetails(details: KmsErrorDetails): PrintableDetails {
  const { endpoint, permission, hint } = details
  return {
    endpoint: endpoint === undefined ? undefined : withoutCredentials(endpoint),
    reason: identifier(details.reason) ?? identifier((details.cause as { readonly code?: unknown } | undefined)?.code),
    permission: permission === undefined ? undefined : unquoted(permission),
    hint: hint === undefined ? undefined : unquoted(hint),
  }
}

function identifier(value: unknown): string | undefined {
  return typeof value === 'string' && IDENTIFIER.test(value) ? value : undefined
}

function withoutCredentials(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url === undefined || url.host === '') return unquoted(endpoint.replace(/^.*@/s, '').replace(/[?#].*$/s, ''))
  return unquoted(`${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`)
}
