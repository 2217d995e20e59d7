import { readFile } from 'node:fs/promises'
import { sep } from 'node:path'

/** Returns whether a real path is on a file system mounted read-only, where nobody can change it, regardless of mode and owner. */
export type IsReadOnly = (path: string) => boolean

/** Reads the mounts of this process. On systems other than Linux nothing counts as read-only. */
export async function readMounts(): Promise<IsReadOnly> {
  const text = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '')
  return parseMounts(text)
}

interface Mount {
  readonly point: string
  readonly readOnly: boolean
}

/**
 * Parses mountinfo: `36 35 98:0 /root /mount/point ro,noatime master:1 - ext4 /dev/sda rw`.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
 */
export function parseMounts(mountinfo: string): IsReadOnly {
  const mounts = mountinfo.split('\n').flatMap((line): Mount[] => {
    const [own = '', fileSystem = ''] = line.split(' - ')
    const [, , , , point, options = ''] = own.split(' ')
    const [, , superOptions = ''] = fileSystem.split(' ')
    if (point === undefined) return []
    const readOnly = [options, superOptions].some((all) => all.split(',').includes('ro'))
    return [{ point: unescape(point), readOnly }]
  })
  // A later mount hides what an earlier one has at or below its place.
  return (path) => mounts.findLast(({ point }) => isWithin(path, point))?.readOnly === true
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** The kernel writes space, tab, line feed and backslash as three octal digits. */
function unescape(point: string): string {
  return point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
