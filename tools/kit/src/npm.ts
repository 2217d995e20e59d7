import { mustRun, type RunOptions } from './run.ts'

/** Runs npm: the one that runs this script, else the one on the path. @throws Error when it fails. */
export function npm(args: readonly string[], options: RunOptions): Promise<string> {
  const own = process.env['npm_execpath']
  return own !== undefined && /\.c?js$/.test(own)
    ? mustRun(process.execPath, [own, ...args], options)
    : mustRun('npm', args, options)
}

/** Reads npm's configuration as the user has it. */
export async function npmConfig(name: string, cwd: string): Promise<string> {
  return (await npm(['config', 'get', name], { cwd, env: process.env })).trim()
}
