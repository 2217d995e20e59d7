import { KmsConfigError, printable } from '@keyfold/kms-api'

import { PROVIDER } from '../provider.ts'
import { formatArn, parseArn } from './arn.ts'
import type { Boundary } from './boundary.ts'
import { isKeyId, isMultiRegionKeyId } from './key-id.ts'

const DETAILS = { provider: PROVIDER, operation: 'resolveKek' } as const
const PREFIX = 'alias/'
/** With the prefix. */
const MAX_ALIAS = 256
const FOREIGN_CHARACTER = /[^A-Za-z0-9/_-]/u

/**
 * Turns what a user writes into the `KeyId` of a request: a name, an alias, a key id, a key ARN or an alias ARN.
 *
 * @throws `KMS_CONFIG` for what no key of this client can be called: AWS has no alias with a dot, and an ARN may lie outside of the configured
 * accounts, regions and partitions.
 */
export function keyIdOfSelector(selector: string, boundary: Boundary): string {
  if (selector.startsWith('arn:')) return keyIdOfArn(selector, boundary)
  if (isKeyId(selector)) return selector
  return PREFIX + checkedAlias(selector.startsWith(PREFIX) ? selector.slice(PREFIX.length) : selector, selector)
}

function checkedAlias(alias: string, selector: string): string {
  const [character] = FOREIGN_CHARACTER.exec(alias) ?? []
  if (character !== undefined) {
    const rule = 'a name of letters, digits, "/", "_" and "-", which is all that an AWS alias can hold'
    const advice = 'write $(topicName:escaped) in the rule, or map the name with a function'
    throw refused(`expected ${rule}, got ${printable(character)} in ${printable(selector)}; ${advice}`)
  }
  const length = PREFIX.length + alias.length
  if (alias === '') throw refused(`expected a name behind "alias/", got ${printable(selector)}`)
  if (length > MAX_ALIAS) throw refused(`expected an alias of at most ${MAX_ALIAS} characters, got ${length}`)
  return alias
}

function keyIdOfArn(selector: string, boundary: Boundary): string {
  const arn = parseArn(selector)
  if (arn === undefined || (arn.kind === 'key' && !isKeyId(arn.name))) {
    throw refused(`expected the ARN of a key or an alias of AWS KMS, got ${printable(selector)}`)
  }
  if (boundary.account === undefined) {
    const problem = 'expected the 12 digits of your own account, because the KEK is chosen by an ARN, got undefined'
    throw new KmsConfigError('account', problem, DETAILS)
  }
  if (!boundary.lists(arn)) {
    const problem = `expected an ARN of a listed partition, region and account, got ${printable(selector)}`
    throw refused(`${problem}; add it to "partitions", "regions" or "trustedAccounts" of the configuration`)
  }
  if (arn.kind === 'alias') {
    checkedAlias(arn.name, selector)
    if (arn.region !== boundary.region) {
      throw refused(`expected an alias of the client's region ${boundary.region}, got ${printable(selector)}`)
    }
    return selector
  }
  if (arn.account === boundary.account) return arn.name
  if (arn.region !== boundary.region && !isMultiRegionKeyId(arn.name)) {
    throw refused(
      `expected a multi-region key or one of the client's region ${boundary.region}, got ${printable(selector)}`,
    )
  }
  return boundary.keyIdOfRequest(formatArn(arn))
}

function refused(problem: string): KmsConfigError {
  return new KmsConfigError('kekSelector', problem, DETAILS)
}
