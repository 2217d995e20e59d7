import { KmsConfigError, printable } from '@keyfold/kms-api'

import type { AwsKmsConfig } from '../config-schema.ts'
import { formatArn, parseArn } from '../keys/arn.ts'
import { isKeyId } from '../keys/key-id.ts'
import { partitionOf } from '../keys/partition-of.ts'
import { PROVIDER } from '../provider.ts'

/** The keys that a policy is about. */
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

/** Returns the least-privilege IAM policy for a producer, as JSON text: it resolves KEKs and generates DEKs, and cannot decrypt any. */
export function producerPolicy(options: PolicyOptions): string {
  return policy('KeyfoldGenerate', 'kms:GenerateDataKey', options)
}

/** Returns the least-privilege IAM policy for a consumer, as JSON text: it resolves KEKs and decrypts DEKs, and cannot generate any. */
export function consumerPolicy(options: PolicyOptions): string {
  return policy('KeyfoldDecrypt', 'kms:Decrypt', options)
}

/** What an administrator does with keys that exist. */
const ADMIN_ACTIONS = [
  'kms:CancelKeyDeletion',
  'kms:DisableKey',
  'kms:DisableKeyRotation',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:ListKeyRotations',
  'kms:ReplicateKey',
  'kms:RotateKeyOnDemand',
  'kms:ScheduleKeyDeletion',
] as const

/**
 * Returns an IAM policy for an administrator, as JSON text: it creates keys, and rotates, disables and deletes those that the options name. It can
 * neither generate nor decrypt a DEK. AWS checks aliases twice, on the alias and on its key, so the policy names both.
 */
export function adminPolicy(options: PolicyOptions): string {
  const { config, aliases = [] } = options
  const named = JSON.parse(policy('KeyfoldAdminister', ADMIN_ACTIONS, { ...options, encryptionContext: {} })) as {
    readonly Version: string
    readonly Statement: readonly object[]
  }
  const every = keyArns(config)('*')
  const ofAliases = aliases.flatMap((alias) => every.map((arn) => arn.replace(/key\/\*$/, prefixed(alias))))
  const create = ['kms:CreateKey', 'kms:TagResource']
  const point = ['kms:CreateAlias', 'kms:DeleteAlias', 'kms:UpdateAlias']
  const Statement = [
    ...named.Statement,
    statement('KeyfoldCreate', create, ['*'], {}),
    ...(aliases.length > 0 ? [statement('KeyfoldPoint', point, [...ofAliases, ...every], {})] : []),
  ]
  return JSON.stringify({ Version: named.Version, Statement }, undefined, 2)
}

function policy(
  Sid: string,
  Action: string | readonly string[],
  { config, aliases = [], keks = [], encryptionContext = {} }: PolicyOptions,
): string {
  if (aliases.length + keks.length === 0)
    throw wrong('aliases', 'expected at least one pattern, or "keks" one key: all keys is not least privilege')
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

function statement(
  Sid: string,
  Action: string | readonly string[],
  Resource: readonly string[],
  Condition: object,
): object {
  return { Sid, Effect: 'Allow', Action, Resource, ...(Object.keys(Condition).length > 0 && { Condition }) }
}

/** Returns the ARNs of a key id, one for each region that the configuration lists. */
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
