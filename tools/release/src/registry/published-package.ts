import { writeFile } from 'node:fs/promises'
import path from 'node:path'

import type { Manifest } from '../../../checks/lib/manifest.ts'
import type { PackedPackage } from '../../../checks/lib/packed-package.ts'
import { readTar } from '../../../checks/lib/tar.ts'
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
  const files = new Map([...readTar(bytes)].map(([file, content]) => [file.replace(/^[^/]+\//, ''), content]))
  const manifest = JSON.parse(new TextDecoder().decode(files.get('package.json'))) as Manifest
  return { root, folder, manifest, tarball, files }
}

async function found(url: URL): Promise<Response> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`the registry answered ${answer.status} for ${url.pathname}`)
  return answer
}
