import type { Situation } from '@keyfold/kms-test-support'

import type { CredentialsConfig } from '../../src/credentials/credentials-schema.ts'
import type { AwsFacade } from './aws-facade.ts'

/** Makes a user, with an identity policy or without, and gives credentials. moto decides by these while its authentication is switched on. */
export async function createUser(
  url: string,
  name: string,
  policy?: string,
): Promise<Extract<CredentialsConfig, { method: 'static' }>> {
  const UserName = `${name}-${process.pid}-${Date.now()}`
  await iam(url, { Action: 'CreateUser', UserName })
  if (policy !== undefined)
    await iam(url, { Action: 'PutUserPolicy', UserName, PolicyName: 'keyfold', PolicyDocument: policy })
  const answer = await iam(url, { Action: 'CreateAccessKey', UserName })
  const field = (tag: string): string => new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(answer)?.[1] ?? ''
  return {
    method: 'static',
    accessKeyId: { value: field('AccessKeyId') },
    secretAccessKey: { value: field('SecretAccessKey') },
  }
}

/** A user that AWS knows and has not allowed anything. */
export async function deniedByMoto(url: string, facade: AwsFacade): Promise<Situation> {
  const credentials = await createUser(url, 'denied')
  await authentication(url, '0')
  return { config: { ...facade.configFor(url), credentials }, end: () => authentication(url, 'inf') }
}

/** After how many requests moto starts to check. */
export async function authentication(url: string, after: '0' | 'inf'): Promise<void> {
  const { ok, status } = await fetch(`${url}/moto-api/reset-auth`, {
    method: 'POST',
    body: after,
    headers: { 'content-type': 'text/plain' },
  })
  if (!ok) throw new Error(`moto answered reset-auth with ${status}`)
}

async function iam(url: string, parameters: Readonly<Record<string, string>>): Promise<string> {
  const answer = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams({ Version: '2010-05-08', ...parameters }),
    headers: {
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0',
    },
  })
  if (!answer.ok) throw new Error(`moto answered ${parameters['Action'] ?? ''} with ${answer.status}`)
  return await answer.text()
}
