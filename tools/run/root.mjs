import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's folder. */
export const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))))

/** A path inside the repository. */
export const inRoot = (...parts) => path.join(root, ...parts)
