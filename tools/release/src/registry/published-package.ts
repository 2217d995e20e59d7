import { writeFile } from 'node:fs/promises'
import path from 'node:path'

import { readPackedPackage, type PackedPackage } from '@keyfold/kit/packed-package'

import type { LocalRegistry } from './local-registry.ts'

/** Where a package is, for {@link publishedPackage}. */
export interface PublishedPlace {
  readonly root: string
  /** The package's folder, absolute. */
  readonly folder: string
  /** Where to put the tarball. */
  readonly into: string
}

/** Fetches one version of a package from the registry, as users get it. */
export async function publishedPackage(
  registry: LocalRegistry,
  name: string,
  version: string,
  { root, folder, into }: PublishedPlace,
): Promise<PackedPackage> {
  const document = (await (await found(new URL(name.replace('/', '%2f'), registry.url))).json()) as {
    readonly versions?: Readonly<Record<string, { readonly dist?: { readonly tarball?: string } }>>
  }
  const address = document.versions?.[version]?.dist?.tarball
  if (address === undefined)
    throw new Error(
      `the registry expected to have ${name}@${version}, got ${Object.keys(document.versions ?? {}).join(', ')}`,
    )
  const bytes = new Uint8Array(await (await found(new URL(address))).arrayBuffer())
  const tarball = path.join(into, `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`)
  await writeFile(tarball, bytes)
  return readPackedPackage(root, folder, tarball)
}

async function found(url: URL): Promise<Response> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`the registry answered ${answer.status} for ${url.pathname}`)
  return answer
}
