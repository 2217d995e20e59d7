import process from 'node:process'

const QUIET_MS = 15_000

/** Prints what is being done: step i of n with seconds, and a sign of life while it lasts. */
export function createProgress(title, steps, stream = process.stdout) {
  const started = Date.now()
  let step = 0
  const say = (line = '') => stream.write(`${line}\n`)

  return {
    say,
    stream,

    /** Runs one step under its name and prints how long it took. */
    async step(what, work) {
      const label = `[${(step += 1)}/${steps}] ${what}`
      const begun = Date.now()
      say(`${label} …`)
      const beat = setInterval(() => say(`${label}: running for ${seconds(begun)}`), QUIET_MS)
      try {
        const result = await work()
        say(`${label}: ${result?.note ?? 'done'} (${seconds(begun)})`)
        return result
      } finally {
        clearInterval(beat)
      }
    },

    start: () => say(`keyfold ${title}`),
    end: (line) => say(`keyfold ${title}: ${line} in ${seconds(started)}`),
  }
}

/** Seconds since `begun`, with one decimal. */
function seconds(begun) {
  return `${((Date.now() - begun) / 1000).toFixed(1)} s`
}
