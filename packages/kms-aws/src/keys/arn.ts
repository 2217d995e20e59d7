/** The parts of the ARN of a key or an alias. */
export interface KmsArn {
  readonly partition: string
  readonly region: string
  /** 12 digits. */
  readonly account: string
  readonly kind: 'key' | 'alias'
  /** What follows `key/` or `alias/`. Not checked here. */
  readonly name: string
}

const ARN = /^arn:(aws[a-z0-9-]{0,20}):kms:([a-z0-9-]{1,32}):([0-9]{12}):(key|alias)\/(.+)$/

/**
 * Reads the ARN of a key or an alias; `undefined` for anything else.
 *
 * ```abnf
 * arn = %s"arn:" partition %s":kms:" region ":" 12DIGIT ":" ( %s"key/" key-id / %s"alias/" alias )
 * ```
 */
export function parseArn(text: string): KmsArn | undefined {
  const [, partition, region, account, kind, name] = ARN.exec(text) ?? []
  if (partition === undefined || region === undefined || account === undefined || name === undefined) return undefined
  return { partition, region, account, kind: kind === 'key' ? 'key' : 'alias', name }
}

/** Writes an ARN. */
export function formatArn({ partition, region, account, kind, name }: KmsArn): string {
  return `arn:${partition}:kms:${region}:${account}:${kind}/${name}`
}
