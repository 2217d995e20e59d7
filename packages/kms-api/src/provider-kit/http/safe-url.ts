import { isIP } from 'node:net'

/** Returns whether secrets may be sent to a URL: https, or http to this machine itself. */
export function isSafeUrl({ protocol, hostname }: { readonly protocol: string; readonly hostname: string }): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) === 4) return host.startsWith('127.')
  return host === '::1' || host === 'localhost'
}
