/**
 * Passes a source on and yields `undefined` when it has kept its reader waiting for `milliseconds`, once a wait: so that what has gathered can go on.
 *
 * Who stops reading does not wait for the source, which may be silent for ever; whoever opened it closes it.
 */
export async function* withPauses<T>(
  source: AsyncGenerator<T, void, undefined>,
  milliseconds: number,
): AsyncGenerator<T | undefined, void, undefined> {
  let waiting = false
  try {
    for (;;) {
      waiting = true
      const next = source.next()
      if (await isLate(next, milliseconds)) yield undefined
      const { done, value } = await next
      waiting = false
      if (done === true) return
      yield value
    }
  } finally {
    const stopped = source.return()
    if (waiting) stopped.catch(() => undefined)
    else await stopped
  }
}

async function isLate(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((done) => {
    timer = setTimeout(done, milliseconds, true)
  })
  const settled = (): boolean => false
  try {
    return await Promise.race([promise.then(settled, settled), late])
  } finally {
    clearTimeout(timer)
  }
}
