import { readFile } from 'node:fs/promises'

import { KmsConfigError } from '@keyfold/kms-api'

import { PROVIDER } from '../provider.ts'
import { isContainerEndpoint } from '../transport/endpoint.ts'
import { cleanSecret } from './check-credentials.ts'
import { parseCredentials, requestMetadata } from './request-metadata.ts'
import { SourceFailure } from './source-failure.ts'
import { handlerOf, type Source, type SourceContext } from './source.ts'

const TASK_METADATA = 'http://169.254.170.2'

/** Where container credentials come from; by default what the variables of ECS and EKS say. */
export interface ContainerOptions {
  readonly uri?: string | undefined
  readonly tokenFile?: string | undefined
}

/** Returns whether the environment names a container credential service. */
export function hasContainerService(): boolean {
  return uriOf({}) !== undefined
}

/**
 * Creates a source of the credentials of an ECS task or an EKS pod.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
export function containerSource(options: ContainerOptions, context: SourceContext): Source {
  return async (attempt) => {
    const uri = uriOf(options)
    if (uri === undefined) throw new SourceFailure('missing', { tried: ['container'], reason: 'NO_CONTAINER_URI' })
    if (!URL.canParse(uri)) throw malformed(options)
    const url = new URL(uri)
    const token = await authorization(options)
    const headers = { accept: 'application/json', ...(token !== undefined && { authorization: token }) }
    const text = await requestMetadata(handlerOf(context, attempt, isContainerEndpoint), { url, headers })
    return parseCredentials(text, url.origin)
  }
}

function uriOf({ uri }: ContainerOptions): string | undefined {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = process.env
  if (uri !== undefined) return uri
  if (relative !== undefined && relative !== '') return TASK_METADATA + relative
  return full === '' ? undefined : full
}

async function authorization({ tokenFile }: ContainerOptions): Promise<string | undefined> {
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, AWS_CONTAINER_AUTHORIZATION_TOKEN } = process.env
  const file = tokenFile ?? AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
  if (file === undefined || file === '')
    return AWS_CONTAINER_AUTHORIZATION_TOKEN === undefined || AWS_CONTAINER_AUTHORIZATION_TOKEN === ''
      ? undefined
      : checkedToken(AWS_CONTAINER_AUTHORIZATION_TOKEN, 'AWS_CONTAINER_AUTHORIZATION_TOKEN')
  const text = await readFile(file, 'utf8')
  return checkedToken(
    text,
    tokenFile === undefined ? 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE' : 'credentials.tokenFile',
  )
}

/** The value may be `Basic …` or `Bearer …`, with a space. */
function checkedToken(text: string, path: string): string {
  return text
    .replace(/\r?\n$/, '')
    .split(' ')
    .map((part) => cleanSecret(part, path))
    .join(' ')
}

function malformed({ uri }: ContainerOptions): KmsConfigError {
  const path = uri === undefined ? 'AWS_CONTAINER_CREDENTIALS_FULL_URI' : 'credentials.uri'
  return new KmsConfigError(path, 'expected a URL, got something else', { provider: PROVIDER, operation: 'create' })
}
