/** Vault takes any length; longer names do not fit into a URL everywhere. */
const MAX_KEY_NAME = 1_024

/** What Vault's routes accept as the name of a key, in ASCII: it cannot change the path of a request. */
const KEY_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/

/** Says whether `name` can be the name of a key of the Transit engine. */
export function isKeyName(name: string): boolean {
  return name.length <= MAX_KEY_NAME && KEY_NAME.test(name)
}
