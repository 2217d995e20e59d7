export type { MissingServer } from './start-for-tests.ts'

export { closedPort, silentServer } from './dead-ends.ts'
export { say, startForTests, titleOf } from './start-for-tests.ts'
export { createWorkspace, keyfold } from './workspace.ts'
