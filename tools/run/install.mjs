import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

import { inRoot } from './root.mjs'
import { run } from './spawn.mjs'
import { Stop } from './stop.mjs'

const LOCK = inRoot('package-lock.json')
const STAMP = inRoot('node_modules', '.keyfold-lock-sha256')

/** Runs `npm ci` unless what the lockfile names is installed already. The stamp is the lockfile's SHA-256, written when all is in place. */
export async function install(stream) {
  if (!existsSync(LOCK)) throw new Stop('package-lock.json is missing: this does not look like a whole clone')
  const wanted = createHash('sha256').update(readFileSync(LOCK)).digest('hex')
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return { note: 'nothing to do' }
  if (matchesLock()) {
    writeFileSync(STAMP, wanted)
    return { note: 'node_modules is up to date' }
  }
  const [program, args, shell] = npm()
  const options = { shell, stdio: ['ignore', stream, stream] }
  const code = await run(
    program,
    [...args, 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'],
    options,
  )
  if (code !== 0) throw new Stop(`npm ci failed with exit code ${code}: is the registry reachable? Its output is above`)
  writeFileSync(STAMP, wanted)
  return { note: 'installed' }
}

/** Whether an `npm install` of somebody's own has put exactly the lockfile's packages there already: npm's hidden lockfile says so. */
function matchesLock() {
  try {
    const wanted = JSON.parse(readFileSync(LOCK, 'utf8')).packages
    const present = JSON.parse(readFileSync(inRoot('node_modules', '.package-lock.json'), 'utf8')).packages
    return Object.entries(wanted).every(([place, entry]) => {
      if (!place.includes('node_modules/') || entry.optional === true) return true
      const got = present[place]
      return (
        got !== undefined &&
        got.version === entry.version &&
        got.integrity === entry.integrity &&
        existsSync(inRoot(place))
      )
    })
  } catch {
    return false
  }
}

/** npm as it was called, else the one beside this Node, else the one on PATH. */
function npm() {
  const beside = path.join(path.dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js')
  const script = process.env.npm_execpath ?? (existsSync(beside) ? beside : undefined)
  if (script !== undefined && /\.c?js$/.test(script)) return [process.execPath, [script], false]
  return ['npm', [], process.platform === 'win32']
}
