import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

import { TestAuthority } from '@keyfold/kms-test-support/faults'

/** Stands for the API server of Kubernetes, which knows one service account. */
export interface TokenReview {
  readonly url: string
  /** The authentication plugin wants a certificate authority, also where it does not use one. */
  readonly anyCa: string
  stop(): Promise<void>
}

/** Starts an endpoint that authenticates one token. */
export async function startTokenReview(known: string): Promise<TokenReview> {
  const { ca } = await TestAuthority.create()
  const server = createServer((request, response) => {
    void json(request).then(
      (body) => {
        const { spec } = body as { readonly spec?: { readonly token?: unknown } }
        const user = {
          username: 'system:serviceaccount:orders:producer',
          uid: '3f1c2b7e-9f0a-4f4e-8a52-0b7c5d6e7f80',
          groups: ['system:serviceaccounts'],
        }
        const status =
          spec?.token === known ? { authenticated: true, user, audiences: ['vault'] } : { authenticated: false }
        response.writeHead(201, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status }))
      },
      () => response.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    anyCa: ca,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
