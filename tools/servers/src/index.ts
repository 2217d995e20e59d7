export type { RunningServer } from './process/running-server.ts'

export { installLocalStack, startLocalStack } from './localstack/localstack.ts'
export { installMoto, startMoto } from './moto/moto.ts'
export { ServerError } from './server-error.ts'
