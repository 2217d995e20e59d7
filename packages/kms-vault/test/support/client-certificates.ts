import { createPrivateKey } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { generate } from 'selfsigned'

import { TestAuthority } from '@keyfold/kms-test-support/faults'

const EC = { keyType: 'ec', algorithm: 'sha256' } as const

/** Files of a server that wants client certificates, and of its clients. */
export interface CertificateFiles {
  readonly folder: string
  /** As PEM. */
  readonly ca: string
  readonly clientCa: string
  readonly clientCert: string
  readonly clientKey: string
  readonly passphrase: string
  remove(): Promise<void>
}

/**
 * Writes `ca.pem`, `server.pem`, `server.key`, `client-ca.pem`, `client.pem`, `client.key`, `client-encrypted.key` and, of an authority that the
 * server does not know, `stranger.pem` and `stranger.key`.
 */
export async function writeCertificates(): Promise<CertificateFiles> {
  const folder = await mkdtemp(path.join(tmpdir(), 'keyfold-tls-'))
  const authority = await TestAuthority.create()
  const server = await authority.issue('good')
  const [client, stranger] = [await clientCertificate(), await clientCertificate()]
  const passphrase = 'kf-canary-passphrase'
  const encrypted = createPrivateKey(client.key)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
    .toString()
  const files = {
    'ca.pem': authority.ca,
    'server.pem': server.cert,
    'server.key': server.key,
    'client-ca.pem': client.ca,
    'client.pem': client.cert,
    'client.key': client.key,
    'client-encrypted.key': encrypted,
    'stranger.pem': stranger.cert,
    'stranger.key': stranger.key,
  }
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text)
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  return {
    folder,
    ca: authority.ca,
    clientCa: client.ca,
    clientCert: client.cert,
    clientKey: client.key,
    passphrase,
    remove,
  }
}

async function clientCertificate(): Promise<{ readonly ca: string; readonly cert: string; readonly key: string }> {
  const authority = await generate([{ name: 'commonName', value: 'Keyfold client authority' }], {
    ...EC,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  })
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'producer' }], {
    ...EC,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', clientAuth: true },
    ],
    ca: { key: authority.private, cert: authority.cert },
  })
  return { ca: authority.cert, cert, key }
}
