// Rehearses a release: `npm run release:rehearse`. Nothing leaves this machine; the repository is not changed.
import { rehearse } from './src/rehearse.ts'

process.exitCode = await rehearse(console.log)
