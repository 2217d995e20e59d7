import type { KmsErrorDetails } from './kms-error.ts'
import { printableDetails } from './printable-details.ts'
import { printable } from './printable.ts'

/** Descriptions of the codes of causes, for operators. The code itself follows in brackets. */
const CAUSES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  CERT_REVOKED: 'the certificate was revoked',
  CERT_SIGNATURE_FAILURE: 'the signature of the certificate is wrong',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ECONNABORTED: 'the connection was aborted',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ENOTFOUND: 'the host name is not known',
  EPIPE: 'the connection was closed',
  EPROTO: 'the TLS handshake failed',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak TLS on this port',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
  ETIMEDOUT: 'the connection timed out',
  HOSTNAME_MISMATCH: 'the certificate is for another host',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is signed by an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'the certificate is signed by an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate is signed by an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate is signed by an authority that is not trusted',
  UND_ERR_SOCKET: 'the connection was closed',
}

/** Names the KMS: provider and address. */
export function kmsOf(details: KmsErrorDetails): string {
  const { endpoint } = printableDetails(details)
  return endpoint === undefined ? details.provider : `${details.provider} ${endpoint}`
}

/** Describes the attempted operation: `resolving KEK "KEK-payments"`. */
export function attemptOf({ operation, kek, kekSelector }: KmsErrorDetails): string {
  const id = kek === undefined ? undefined : printable(kek.id)
  switch (operation) {
    case 'create':
      return 'creating the client'
    case 'resolveKek':
      return kekSelector === undefined ? `resolving ${kekOf(id)}` : `resolving KEK ${printable(kekSelector)}`
    case 'generateDekPair':
      return id === undefined ? 'creating a data key' : `creating a data key under KEK ${id}`
    case 'decryptEdek':
      return id === undefined ? 'unwrapping a data key' : `unwrapping a data key of KEK ${id}`
    case 'kekOf':
      return 'reading an EDEK'
    case 'health':
      return 'checking its health'
    case 'close':
      return 'closing the client'
    case 'admin':
      return id === undefined ? 'administering KEKs' : `administering KEK ${id}`
  }
}

/** Returns `KEK "id"`, or `the KEK` if it is unknown. */
export function kekNamed({ kek }: KmsErrorDetails): string {
  return kek === undefined ? 'the KEK' : `KEK ${printable(kek.id)}`
}

/** Returns the known reason, to follow a sentence: `: connection refused (ECONNREFUSED)`, `: HTTP 503 (Sealed)`, or nothing. */
export function becauseOf(details: KmsErrorDetails): string {
  const { reason } = printableDetails(details)
  const cause = reason !== undefined && Object.hasOwn(CAUSES, reason) ? CAUSES[reason] : undefined
  const status = details.status === undefined ? undefined : `HTTP ${details.status}`
  const parts = [cause, status].filter((part) => part !== undefined)
  if (reason === undefined) return parts.length === 0 ? '' : `: ${parts.join(', ')}`
  return parts.length === 0 ? `: ${reason}` : `: ${parts.join(', ')} (${reason})`
}

/** Returns the hint, to follow a sentence: `; run: aws sso login`, or nothing. */
export function hintOf(details: KmsErrorDetails): string {
  const { hint } = printableDetails(details)
  return hint === undefined ? '' : `; ${hint}`
}

function kekOf(id: string | undefined): string {
  return id === undefined ? 'a KEK' : `KEK ${id}`
}
