import {
  InvalidResponseError,
  KmsTimeoutError,
  KmsUnavailableError,
  type KmsError,
  type KmsErrorDetails,
} from '@keyfold/kms-api'
import { HttpFailure, sanitizeCause } from '@keyfold/kms-api/provider-kit'

/** Makes an error of the contract of a request that got no answer. */
export function classifyFailure(failure: unknown, timeoutMs: number, call: KmsErrorDetails): KmsError {
  const details: KmsErrorDetails = { ...call, cause: sanitizeCause(failure) }
  if (!(failure instanceof HttpFailure)) return new KmsUnavailableError(details)
  const { status } = failure
  switch (failure.reason) {
    case 'timeout':
      return new KmsTimeoutError(timeoutMs, details)
    case 'redirect':
      // A standby that does not forward sends to the active node; nothing else of Vault redirects.
      if (status === 307) return new KmsUnavailableError({ ...details, status })
      return new InvalidResponseError('an answer of its own, instead of a redirect', { ...details, status })
    case 'too-large':
    case 'encoded':
      if (status !== undefined && status >= 500) return new KmsUnavailableError({ ...details, status })
      return new InvalidResponseError('an answer of at most 65536 bytes, not compressed', { ...details, status })
    case 'network':
    case 'closed':
      return new KmsUnavailableError(details)
  }
}
