import { loadKmsProvider } from '@keyfold/kms-api/discovery'
import { describeKmsProvider } from '@keyfold/kms-test-support/vitest'

import { jsonFileFacade } from './json-file-facade.ts'

// By its full package name, as an application does.
describeKmsProvider(await jsonFileFacade(await loadKmsProvider('@acme/kms-jsonfile', { from: import.meta.url })))
