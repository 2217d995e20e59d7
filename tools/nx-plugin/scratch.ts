// Makes a provider in a copy of the repository and takes it all the way: `npm run test:scratch`. The repository is not changed.
import { tryGenerator } from './src/scratch/try-generator.ts'

process.exitCode = await tryGenerator(console.log)
