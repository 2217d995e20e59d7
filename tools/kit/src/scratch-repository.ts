import { existsSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import path from 'node:path'

import { linkTree } from './link-tree.ts'
import { cleanEnvironment, mustRun } from './run.ts'
import { withTemporaryFolder } from './temporary-folder.ts'
import { readWorkspace } from './workspace.ts'

/** A copy of the repository that may be used up. */
export interface ScratchRepository {
  readonly root: string
  /** The environment of its programs: nobody's own settings of git. */
  readonly env: NodeJS.ProcessEnv
  /** Runs a program of `node_modules/.bin`, or git, in the copy. */
  run(program: string, ...args: readonly string[]): Promise<string>
  /** Commits everything. */
  commit(message: string): Promise<void>
  /** Undoes everything since the last commit, but what git ignores. */
  undo(): Promise<void>
}

/** Vitest keeps results there; they belong to the repository that was tested. */
const OWN_CACHES = new Set(['.vite', '.vite-temp', '.keyfold-lock-sha256'])

/**
 * Copies the repository at `root` as it stands (what git ignores is left out, what is installed is linked), makes it a git repository of one
 * commit, and removes it when `use` has ended.
 */
export function withScratchRepository<T>(root: string, use: (repository: ScratchRepository) => Promise<T>): Promise<T> {
  return withTemporaryFolder('repository', async (folder) => {
    const workspace = readWorkspace(root)
    for (const file of workspace.files(/./)) {
      await mkdir(path.dirname(path.join(folder, file.path)), { recursive: true })
      await copyFile(path.join(root, file.path), path.join(folder, file.path))
    }
    // The links of node_modules/@keyfold are relative: in the copy they lead to the copy.
    for (const owner of ['.', ...workspace.packages.map((each) => each.folder)]) {
      const installed = path.join(root, owner, 'node_modules')
      if (existsSync(installed))
        await linkTree(installed, path.join(folder, owner, 'node_modules'), (name) => OWN_CACHES.has(name))
    }
    const repository = scratch(folder)
    await repository.run('git', 'init', '--quiet', '--initial-branch=main')
    await repository.commit('The repository as it stands')
    return use(repository)
  })
}

function scratch(root: string): ScratchRepository {
  const bin = path.join(root, 'node_modules', '.bin')
  const env = {
    ...cleanEnvironment(),
    PATH: [bin, path.dirname(process.execPath), process.env['PATH'] ?? ''].join(path.delimiter),
    // Nobody's own settings: no hooks, no signing.
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Rehearsal',
    GIT_AUTHOR_EMAIL: 'rehearsal@example.invalid',
    GIT_COMMITTER_NAME: 'Rehearsal',
    GIT_COMMITTER_EMAIL: 'rehearsal@example.invalid',
  }
  const runHere = (program: string, ...args: readonly string[]): Promise<string> =>
    mustRun(program, args, { cwd: root, env })
  return {
    root,
    env,
    run: runHere,
    commit: async (message) => {
      await runHere('git', 'add', '--all')
      await runHere('git', 'commit', '--quiet', '--allow-empty', `--message=${message}`)
    },
    undo: async () => {
      await runHere('git', 'reset', '--quiet', '--hard')
      await runHere('git', 'clean', '--quiet', '--force', '-d')
    },
  }
}
