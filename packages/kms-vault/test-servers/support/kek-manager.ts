import type { TestKek, TestKekManager } from '@keyfold/kms-test-support'

import type { Root } from './root.ts'

/** Administers keys by bare requests, so that the suite does not rest on the package's own administration. */
export class VaultKekManager implements TestKekManager {
  readonly #root: () => Root
  readonly #mount: string

  constructor(root: () => Root, mount: string) {
    this.#root = root
    this.#mount = mount
  }

  async create(name: string): Promise<TestKek> {
    await this.#root().call('POST', `${this.#mount}/keys/${name}`, {})
    return { name, selectors: [name, `${this.#mount}/${name}`] }
  }

  async delete({ name }: TestKek): Promise<void> {
    await this.#root().call('POST', `${this.#mount}/keys/${name}/config`, { deletion_allowed: true })
    await this.#root().call('DELETE', `${this.#mount}/keys/${name}`)
  }

  async rotate({ name }: TestKek): Promise<void> {
    await this.#root().call('POST', `${this.#mount}/keys/${name}/rotate`, {})
  }

  disable(): Promise<void> {
    return Promise.reject(new Error('Vault cannot disable a key'))
  }

  enable(): Promise<void> {
    return Promise.reject(new Error('Vault cannot disable a key'))
  }

  async exists({ name }: TestKek): Promise<boolean> {
    return (await this.#root().try('GET', `${this.#mount}/keys/${name}`)).status === 200
  }
}
