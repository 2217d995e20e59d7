import { defineConfig } from 'vitest/config'

import { serversBase } from '../../vitest.servers.base.ts'

export default defineConfig(serversBase)
