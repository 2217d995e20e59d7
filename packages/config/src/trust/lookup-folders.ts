import { basename, delimiter, dirname, join, resolve } from 'node:path'

/** Returns the `node_modules` in which Node.js looks for imports of a module in `directory`, nearest first. */
export function nodeModulesAbove(directory: string): string[] {
  const folders: string[] = []
  for (let here = directory; ; here = dirname(here)) {
    if (basename(here) !== 'node_modules') folders.push(join(here, 'node_modules'))
    if (here === dirname(here)) return folders
  }
}

/**
 * Returns the folders in which `require` looks after all `node_modules`: those of `NODE_PATH`, two in the home directory, and one beside Node itself.
 *
 * @see https://nodejs.org/api/modules.html#loading-from-the-global-folders
 */
export function commonJsFolders({ env, execPath }: Pick<NodeJS.Process, 'env' | 'execPath'>): string[] {
  const { NODE_PATH = '', HOME: home } = env
  const named = NODE_PATH.split(delimiter).filter((folder) => folder !== '')
  const ofHome = home === undefined || home === '' ? [] : [join(home, '.node_modules'), join(home, '.node_libraries')]
  return [...named, ...ofHome, join(dirname(execPath), '..', 'lib', 'node')].map((folder) => resolve(folder))
}
