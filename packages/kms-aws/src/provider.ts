import { kekReferences } from '@keyfold/kms-api/provider-kit'

/** The provider's short name. */
export const PROVIDER = 'aws'

/** Creates a reference. An EDEK does not say which key material wrapped it, so only a resolved reference has a version. */
export const kekReference = kekReferences(PROVIDER)
