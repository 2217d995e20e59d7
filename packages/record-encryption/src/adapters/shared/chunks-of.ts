/** The most that is decrypted ahead of a handler. */
const MAX_RECORDS = 512
const MAX_BYTES = 2 ** 20

/** Cuts what one fetch delivered into runs of at most 512 records or 1 MiB; a larger record is a run of its own. */
export function* chunksOf<M>(messages: readonly M[], bytesOf: (message: M) => number): Generator<readonly M[], void> {
  let from = 0
  while (from < messages.length) {
    let to = from
    let bytes = 0
    for (; to < messages.length && to - from < MAX_RECORDS; to++) {
      bytes += bytesOf(messages[to] as M)
      if (bytes > MAX_BYTES && to > from) break
    }
    yield messages.slice(from, to)
    from = to
  }
}
