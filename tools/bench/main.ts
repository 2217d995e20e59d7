import { parseArgs } from 'node:util'

import { benchCli, benchMemory } from './src/cli-bench.ts'
import { benchEventLoop } from './src/event-loop-bench.ts'
import { benchSize, SIZES, type Row } from './src/record-bench.ts'

// Ratios of one run on one machine. Nothing fails here: a time is no test.
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    sizes: { type: 'string', default: SIZES.join(',') },
    rounds: { type: 'string', default: '11' },
    'cli-mib': { type: 'string', default: '128' },
    'stream-mib': { type: 'string', default: '256' },
  },
})
const MIB = 2 ** 20
const note = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

// First, while this process has done nothing else: the loops to compare with leave a heap whose collections would be counted here.
note('delay of the event loop …')
const eventLoop = await benchEventLoop()
const rows: Row[] = []
for (const size of values.sizes.split(',').map(Number)) {
  note(`encrypt and decrypt records of ${size} bytes …`)
  rows.push(...(await benchSize(size, Number(values.rounds))))
}
note(`the command line over a file of ${values['cli-mib']} MiB …`)
const cli = await benchCli(Number(values['cli-mib']) * MIB)
note(`memory of the command line while ${values['stream-mib']} MiB stream through it …`)
const memory = await benchMemory(Number(values['stream-mib']) * MIB)

if (values.json)
  console.log(JSON.stringify({ node: process.version, rows, eventLoop, cli, memoryMiB: memory }, undefined, 2))
else {
  const figure = (n: number): string => n.toFixed(2)
  console.table(
    rows.map(({ size, operation, ...n }) => ({
      size,
      operation,
      'us/record': figure(n.micros),
      'x bare': figure(n.toBare),
      'x naive': figure(n.toNaive),
    })),
  )
  const { idleP99, encryptP99, decryptP99 } = eventLoop
  console.log(
    `event loop p99, idle ${figure(idleP99)} ms subtracted: encrypt ${figure(encryptP99 - idleP99)} ms, decrypt ${figure(decryptP99 - idleP99)} ms`,
  )
  const ratio = (rate: number): string =>
    `${Math.round(rate)} records/s (${figure(rate / cli.plain)} of parsing and printing alone)`
  console.log(
    `command line, ${cli.records} records: encrypt ${ratio(cli.encrypt)}, decrypt ${ratio(cli.decrypt)}; alone ${Math.round(cli.plain)} records/s`,
  )
  console.log(`memory of the command line at each tenth of ${values['stream-mib']} MiB: ${memory.join(' ')} MiB`)
}
