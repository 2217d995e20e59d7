/** A KEK that a facade made for the suite. */
export interface TestKek {
  /** The name that the suite asked for. */
  readonly name: string
  /** Every form of `kekSelector` that names this KEK: alias, name, id, ARN … The first is the one that users write. */
  readonly selectors: readonly [string, ...string[]]
}

/** What an administrator does with the KEKs of the KMS, beside the provider. Each takes effect before its promise resolves. */
export interface TestKekManager {
  /** Creates a KEK. `name` is new, and made of `a` to `z`, `0` to `9` and `-`, at most 40 characters. */
  create(name: string): Promise<TestKek>
  /** Destroys a KEK, or plans to where the KMS does no more (`delete-at-once`). Its name leads nowhere afterwards. */
  delete(kek: TestKek): Promise<void>
  /** Creates a new version, which wraps new EDEKs. */
  rotate(kek: TestKek): Promise<void>
  /** Rejects every use of the KEK until {@link TestKekManager.enable}. */
  disable(kek: TestKek): Promise<void>
  enable(kek: TestKek): Promise<void>
  /** Returns whether the KMS has the KEK, in any state except scheduled deletion. */
  exists(kek: TestKek): Promise<boolean>
}
