// The commands of a fresh clone: npm start, npm test, npm run test:servers, npm run bench. Builtins only, and Node 20 syntax, because it runs before anything is installed
// and on the host's own Node.
import process from 'node:process'

import { bench, servers, start, test } from './run/commands.mjs'
import { Stop } from './run/stop.mjs'

const commands = { start, test, servers, bench }
const [name = '', ...rest] = process.argv.slice(2)

try {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined)
    throw new Stop(`"command" expected one of ${Object.keys(commands).join(', ')}, got ${JSON.stringify(name)}`)
  process.exitCode = await command(rest)
} catch (error) {
  if (!(error instanceof Stop)) throw error
  console.error(`\nkeyfold: ${error.message}`)
  process.exitCode = 1
}
