import { run } from '../process/run.ts'
import { ServerError } from '../process/server-error.ts'

const OLDEST = [1, 26] as const

/** Finds the Go toolchain; `KEYFOLD_GO` names another one. @throws ServerError when there is none that is new enough. */
export async function findGo(): Promise<string> {
  const command = process.env['KEYFOLD_GO'] ?? 'go'
  const version = await run(command, ['env', 'GOVERSION'], { ...process.env, GOTOOLCHAIN: 'local' }).then(
    (text) => text.trim(),
    () => undefined,
  )
  const [, major, minor] = /^go([0-9]+)\.([0-9]+)/.exec(version ?? '') ?? []
  const found = [Number(major), Number(minor)] as const
  if (found[0] > OLDEST[0] || (found[0] === OLDEST[0] && found[1] >= OLDEST[1])) return command
  throw new ServerError(
    `no Go ${OLDEST.join('.')} or newer found (${command}: ${version ?? 'none'}); install it, or name it in KEYFOLD_GO`,
  )
}
