import { KmsConfigError, printable } from '@keyfold/kms-api'

import type { AwsKmsConfig } from '../config/config-schema.ts'
import { formatArn, parseArn } from '../keys/arn.ts'
import { PROVIDER } from '../keys/kek-reference.ts'
import { isKeyId } from '../keys/key-id.ts'
import { partitionOf } from '../keys/partition-of.ts'

/** Which keys a policy is about. */
export interface PolicyOptions {
  /** The configuration of the provider: region, account and other regions are taken from it. */
  readonly config: Pick<AwsKmsConfig, 'region' | 'regions' | 'account' | 'partitions'>
  /** Patterns over aliases, for example `KEK-*`: all keys of the account that have such an alias. AWS takes some minutes to notice a new alias. */
  readonly aliases?: readonly string[] | undefined
  /** Key ids or key ARNs. */
  readonly keks?: readonly string[] | undefined
  /** Names of an encryption context with the patterns that their values must have, for example `{ topic: 'payments.*' }`. */
  readonly encryptionContext?: Readonly<Record<string, string>> | undefined
}

/** Writes the least IAM policy of who encrypts: it resolves KEKs and generates DEKs, and cannot decrypt any. JSON text. */
export function producerPolicy(options: PolicyOptions): string {
  return policy('KeyfoldGenerate', 'kms:GenerateDataKey', options)
}

/** Writes the least IAM policy of who decrypts: it resolves KEKs and decrypts DEKs, and cannot make any. JSON text. */
export function consumerPolicy(options: PolicyOptions): string {
  return policy('KeyfoldDecrypt', 'kms:Decrypt', options)
}

function policy(
  Sid: string,
  Action: string,
  { config, aliases = [], keks = [], encryptionContext = {} }: PolicyOptions,
): string {
  if (aliases.length + keks.length === 0)
    throw wrong('aliases', 'expected at least one pattern, or "keks" one key: all keys are not the least')
  const arns = keyArns(config)
  const context = Object.fromEntries(
    Object.entries(encryptionContext).map(([name, pattern]) => [`kms:EncryptionContext:${name}`, pattern]),
  )
  const bound = Object.keys(context).length === 0 ? {} : { StringLike: context }
  const byKey = {
    suffix: 'Keys',
    Resource: keks.flatMap((kek) => (parseArn(kek) ? [checkedArn(kek)] : arns(checkedId(kek)))),
    named: {},
  }
  const named = { 'ForAnyValue:StringLike': { 'kms:ResourceAliases': aliases.map(prefixed) } }
  const byAlias = { suffix: 'Aliases', Resource: arns('*'), named }
  const groups = [...(keks.length > 0 ? [byKey] : []), ...(aliases.length > 0 ? [byAlias] : [])]
  const Statement = groups.flatMap(({ suffix, Resource, named }) => [
    // DescribeKey has no encryption context: a condition on one would deny it.
    statement(`KeyfoldResolve${suffix}`, 'kms:DescribeKey', Resource, named),
    statement(Sid + suffix, Action, Resource, { ...named, ...bound }),
  ])
  return JSON.stringify({ Version: '2012-10-17', Statement }, undefined, 2)
}

function statement(Sid: string, Action: string, Resource: readonly string[], Condition: object): object {
  return { Sid, Effect: 'Allow', Action, Resource, ...(Object.keys(Condition).length > 0 && { Condition }) }
}

/** Gives the ARNs of a key id, one for each region that the configuration lists. */
function keyArns({ region, regions = [], account, partitions }: PolicyOptions['config']): (keyId: string) => string[] {
  if (region === undefined) throw wrong('region', 'expected a region, which the policy has to name')
  if (account === undefined)
    throw wrong('account', 'expected the 12 digits of your own account, which the policy has to name')
  const places = [...new Set([region, ...regions])].flatMap((each) =>
    (partitions ?? [partitionOf(each)]).map((partition) => ({ partition, region: each })),
  )
  return (keyId) => places.map((place) => formatArn({ ...place, account, kind: 'key', name: keyId }))
}

function prefixed(alias: string): string {
  return alias.startsWith('alias/') ? alias : `alias/${alias}`
}

function checkedId(kek: string): string {
  if (!isKeyId(kek)) throw wrong('keks', `expected key ids or key ARNs, got ${printable(kek)}`)
  return kek
}

function checkedArn(kek: string): string {
  const arn = parseArn(kek)
  if (arn?.kind !== 'key' || !isKeyId(arn.name))
    throw wrong('keks', `expected key ids or key ARNs, got ${printable(kek)}`)
  return kek
}

function wrong(path: string, problem: string): KmsConfigError {
  return new KmsConfigError(path, problem, { provider: PROVIDER, operation: 'admin' })
}
