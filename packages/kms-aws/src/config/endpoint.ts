import { isIP } from 'node:net'

/** Says whether requests may go to an endpoint: https, or http to this machine itself, where nobody is in between. */
export function isSafeEndpoint(protocol: string, hostname: string): boolean {
  return protocol === 'https:' || isLoopback(hostname)
}

/** Says the same of a URL; false for what is none. */
export function isSafeUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && isSafeEndpoint(url.protocol, url.hostname)
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) === 4) return host.startsWith('127.')
  return host === '::1' || host === 'localhost'
}
