/** A user who is neither this one nor root. */
export const STRANGER = 12345

/** Whether this process may give files to others and act as them. */
export const IS_ROOT = process.geteuid?.() === 0

/** Runs `work` with the rights of another user; only root can. */
export async function asUser<T>(uid: number, work: () => Promise<T>): Promise<T> {
  const own = process.geteuid?.()
  if (own === undefined || own === uid) return work()
  process.seteuid?.(uid)
  try {
    return await work()
  } finally {
    process.seteuid?.(own)
  }
}

/** The users to try as: this one, and for root one without its rights, so that both halves run wherever root runs the tests. */
export const USERS: readonly (readonly [name: string, uid: number])[] =
  IS_ROOT || process.geteuid === undefined
    ? [
        ['root', 0],
        ['another user', 23456],
      ]
    : [['this user', process.geteuid()]]
