import { formatArn, parseArn, type KmsArn } from './arn.ts'
import { isKeyId, isMultiRegionKeyId } from './key-id.ts'
import { partitionOf } from './partition-of.ts'

/** The keys that a client may use. */
export interface BoundaryOptions {
  /** The region that requests go to. */
  readonly region: string
  /** The account that bare key ids and aliases belong to. Needed for ARNs. */
  readonly account?: string | undefined
  /** Other accounts whose keys may be used, by ARN. */
  readonly trustedAccounts?: readonly string[] | undefined
  /** Regions that ARNs may name; the client's own always is one. */
  readonly regions?: readonly string[] | undefined
  /** Partitions that ARNs may name; by default the one of `region`. */
  readonly partitions?: readonly string[] | undefined
}

/** Decides which keys exist for a client, and by which name. Everything inside an EDEK is hostile until it has been accepted here. */
export class Boundary {
  readonly region: string
  readonly account: string | undefined
  readonly #trustedAccounts: ReadonlySet<string>
  readonly #regions: ReadonlySet<string>
  readonly #partitions: ReadonlySet<string>

  constructor({
    region,
    account,
    trustedAccounts = [],
    regions = [],
    partitions = [partitionOf(region)],
  }: BoundaryOptions) {
    this.region = region
    this.account = account
    this.#trustedAccounts = new Set(trustedAccounts)
    this.#regions = new Set([region, ...regions])
    this.#partitions = new Set(partitions)
  }

  /** Returns whether `id` is a `Kek.id` in its one canonical form, inside of the boundary: a key id, or the key ARN of another listed account. */
  contains(id: string): boolean {
    if (isKeyId(id)) return true
    const arn = parseArn(id)
    return arn !== undefined && this.kekIdOf(arn) === id
  }

  /** Returns the `Kek.id` of a key ARN: the key id for a key of the own account, the ARN for another; `undefined` outside of the boundary. */
  kekIdOf(arn: KmsArn): string | undefined {
    if (arn.kind !== 'key' || !isKeyId(arn.name) || !this.lists(arn)) return undefined
    return arn.account === this.account ? arn.name : formatArn(arn)
  }

  /** Returns whether partition, region and account are listed. Without the own account none is: it could not be told from a foreign one. */
  lists({ partition, region, account }: KmsArn): boolean {
    return (
      this.#partitions.has(partition) &&
      this.#regions.has(region) &&
      this.account !== undefined &&
      (account === this.account || this.#trustedAccounts.has(account))
    )
  }

  /** Returns the `KeyId` of a request: requests go to the client's own region, and a replica there answers to its own ARN only. */
  keyIdOfRequest(id: string): string {
    const arn = parseArn(id)
    if (arn === undefined || !isMultiRegionKeyId(arn.name)) return id
    return formatArn({ ...arn, region: this.region })
  }

  /** Returns whether a response's key ARN names the key that was requested: account and key id; the region of a replica may differ. */
  isResponseFor(id: string, answered: unknown): boolean {
    const answer = typeof answered === 'string' ? parseArn(answered) : undefined
    if (answer?.kind !== 'key') return false
    const asked = parseArn(id)
    const account = asked?.account ?? this.account
    return answer.name === (asked?.name ?? id) && (account === undefined || answer.account === account)
  }

  /**
   * Returns the `Kek.id` of the key that `DescribeKey` returned for a selector; `undefined` if it is another key, or of another account, than the
   * selector names.
   */
  kekIdOfResponse(answered: unknown, kekSelector: string): string | undefined {
    const arn = typeof answered === 'string' ? parseArn(answered) : undefined
    if (arn?.kind !== 'key') return undefined
    const requested = parseArn(kekSelector)
    if (requested?.kind === 'key') {
      const id = this.kekIdOf(requested)
      return id !== undefined && this.isResponseFor(id, answered) ? id : undefined
    }
    const account = requested?.account ?? this.account
    if (account !== undefined && arn.account !== account) return undefined
    if (requested !== undefined) return this.kekIdOf(arn)
    // Without an ARN in the selector, the key belongs to the caller's account, and its id says all.
    if (isKeyId(kekSelector) && arn.name !== kekSelector) return undefined
    return this.contains(arn.name) ? arn.name : undefined
  }
}
