import { describe, expect, test } from 'vitest'

import { parseMounts, readMounts } from '../../src/trust/mounts.ts'

const MOUNTS = String.raw`22 1 0:21 / / rw,relatime - overlay overlay rw,lowerdir=/ro
23 22 0:22 / /etc/keyfold ro,relatime shared:7 - ext4 /dev/sda rw
24 22 0:23 / /run/secrets rw,relatime - tmpfs tmpfs ro,size=4k
25 22 0:24 / /with\040space ro - ext4 /dev/sdb rw
26 22 0:25 / /hidden/deep ro - ext4 /dev/sdc rw
27 22 0:26 / /hidden rw - ext4 /dev/sdd rw
28 22 0:27 / /romantic rw,errors=remount-ro - ext4 /dev/sde rw
`

describe('what is mounted read-only', () => {
  const isReadOnly = parseMounts(MOUNTS)

  test.each([
    ['/etc/keyfold', true, 'the mount itself'],
    ['/etc/keyfold/..data/keyfold.yaml', true, 'a file below it'],
    ['/run/secrets/token', true, 'a file system that is read-only as a whole'],
    ['/with space/a', true, 'a name with a space'],
    ['/etc/keyfold2/a', false, 'a name that only begins alike'],
    ['/etc', false, 'the folder above'],
    ['/hidden/deep/a', false, 'a mount that a later one hides'],
    ['/romantic/a', false, 'an option that only contains the letters'],
  ])('%s: %s (%s)', (path, expected) => {
    expect(isReadOnly(path)).toBe(expected)
  })

  test('is nothing where the system does not tell', () => {
    expect(parseMounts('')('/')).toBe(false)
  })

  test('is not where this test can write', async () => {
    expect((await readMounts())('/tmp')).toBe(false)
  })
})
