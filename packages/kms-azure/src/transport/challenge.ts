/** What a challenge says, as far as it matters here. */
export interface Challenge {
  /** The resource that it wants a token for; absent if it names none. */
  readonly resource: string | undefined
  /** Whether it wants a token with other claims, which the SDK then obtains. */
  readonly insufficientClaims: boolean
}

const PARAMETER = /(?:^|[\s,])([A-Za-z_]+)\s*=\s*"?([^",]*)"?/g

/**
 * Reads a `WWW-Authenticate` header.
 *
 * @see https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses
 */
export function readChallenge(header: string | undefined): Challenge {
  const parameters = new Map<string, string>()
  const text = header?.replace(/^\s*Bearer\s+/i, '') ?? ''
  for (const [, name = '', value = ''] of text.matchAll(PARAMETER)) parameters.set(name.toLowerCase(), value)
  const named = parameters.get('resource') ?? parameters.get('scope')
  return {
    resource: named?.replace(/\/\.default$/, '').replace(/\/+$/, ''),
    insufficientClaims: parameters.get('error') === 'insufficient_claims',
  }
}
