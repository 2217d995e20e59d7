/** A key of Azure: letters, digits and hyphens, at most 127 of them. */
const KEY_NAME = /^[A-Za-z0-9-]{1,127}$/
/** A version, as every key of Azure has: 32 letters and digits. */
const KEY_VERSION = /^[0-9A-Za-z]{32}$/
const VAULT_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,125}[A-Za-z0-9])?$/

/** @see https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#vault-name-and-object-name */
export function isKeyName(text: string): boolean {
  return KEY_NAME.test(text)
}

/** Returns whether `text` can be the version of a key. */
export function isKeyVersion(text: string): boolean {
  return KEY_VERSION.test(text)
}

/** Returns whether `text` can be the name of a vault or managed HSM. An EDEK stores its length in one signed byte. */
export function isVaultName(text: string): boolean {
  return VAULT_NAME.test(text)
}
