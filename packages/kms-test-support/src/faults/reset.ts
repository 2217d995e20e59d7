import type { Socket } from 'node:net'

/**
 * Ends a connection with RST, as a crash does. Below TLS there is no way to it from here: then it ends without the farewell of TLS, which is an
 * error, too.
 */
export function reset(socket: Socket | null): void {
  try {
    socket?.resetAndDestroy()
  } catch {
    socket?.destroy()
  }
}
