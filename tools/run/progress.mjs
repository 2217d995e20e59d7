import process from 'node:process'
import { stripVTControlCharacters } from 'node:util'

const QUIET_MS = 15_000

/** Says what is being done: step i of n with seconds, and a sign of life when a step is silent for long. */
export function createProgress(title, steps, stream = process.stdout) {
  const started = Date.now()
  let step = 0
  let last = Date.now()

  const say = (line = '') => {
    last = Date.now()
    stream.write(`${stream.isTTY === true ? line : stripVTControlCharacters(line)}\n`)
  }

  return {
    say,

    /** Runs one step under its name and says how long it took. */
    async step(what, work) {
      step += 1
      const label = `[${step}/${steps}]`
      const begun = Date.now()
      say(`${label} ${what} …`)
      const beat = setInterval(() => {
        if (Date.now() - last >= QUIET_MS) say(`${label} ${what}: still at it after ${seconds(begun)}`)
      }, 1000)
      try {
        const result = await work()
        say(`${label} ${what}: ${result?.note ?? 'done'} (${seconds(begun)})`)
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
