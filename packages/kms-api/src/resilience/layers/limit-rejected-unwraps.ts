import { LRUCache } from 'lru-cache'

import type { Kms } from '../../contract/kms.ts'
import { isKmsError } from '../../errors/kms-error.ts'
import { KmsOverloadedError } from '../../errors/kms-errors.ts'
import type { Clock } from '../../provider.ts'
import { isOutage } from './failures.ts'
import { deadlineOf, detailsOf, isUnnamed, type LayerCall } from './layer-call.ts'
import { layeredKms } from './layered-kms.ts'
import { TokenBucket, type TokenBucketOptions } from './token-bucket.ts'

/** Buckets that are kept: one for a KEK and topic. The least recently used one goes first. */
const MAX_BUCKETS = 10_000
const UNNAMED = 'unnamed'

/**
 * Limits unwraps that the KMS rejects, because the writer of records can send any number of EDEKs: for each KEK and topic one bucket of tokens, and one
 * more for all KEKs that no rule names exactly. A success gives its token back and an outage takes none, so that a cold reader of a long topic is not
 * limited. A call that finds its bucket empty waits within its deadline.
 *
 * @throws `KMS_OVERLOADED` when the bucket stays empty until the deadline, without a request.
 */
export function limitRejectedUnwraps(kms: Kms, options: TokenBucketOptions, clock: Clock): Kms {
  const buckets = new LRUCache<string, TokenBucket>({ max: MAX_BUCKETS })
  const bucketOf = (call: LayerCall<unknown>): TokenBucket => {
    const key = isUnnamed(call.options) ? UNNAMED : JSON.stringify([call.subject, call.options.reader?.topic ?? ''])
    let bucket = buckets.get(key)
    if (bucket === undefined) buckets.set(key, (bucket = new TokenBucket(options, clock)))
    return bucket
  }
  return layeredKms(kms, async (call, provider) => {
    if (call.operation !== 'decryptEdek') return call.run(call.options)
    const bucket = bucketOf(call)
    if (!(await bucket.take(deadlineOf(call.options), call.options.signal))) {
      throw new KmsOverloadedError(detailsOf(call, provider))
    }
    try {
      const result = await call.run(call.options)
      // Where unwrapping proves nothing, every unwrap costs a token, whatever came of it.
      if (call.kek?.unproven !== true) bucket.giveBack()
      return result
    } catch (error) {
      if (!isKmsError(error) || isOutage(error)) bucket.giveBack()
      throw error
    }
  })
}
