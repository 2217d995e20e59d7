import path from 'node:path'

import { freePort } from '@keyfold/kit/free-port'

import { cacheFolder } from '../process/cache-folder.ts'
import { startServer, type RunningServer } from '../process/running-server.ts'
import { pythonVenv } from '../python-venv/python-venv.ts'

/**
 * 4.14.0 does not serve KMS on Python 3.11. The others are what LocalStack needs and does not pin: cbor2 6 and pyOpenSSL 26 break its start,
 * service-identity is not declared, moto-ext has IAM and STS.
 */
const REQUIREMENTS = [
  'localstack-core[base-runtime]==4.13.1',
  'moto-ext==5.1.54',
  'cbor2==5.9.0',
  'pyopenssl==25.3.0',
  'service-identity==24.2.0',
  'localstack-twisted==26.4.0',
]
/** The first start fills a cache of service descriptions. */
const READY_WITHIN_MS = 180_000

/** Installs LocalStack with KMS, STS and IAM, and gives the folder of its commands. */
export async function installLocalStack(say: (line: string) => void): Promise<string> {
  const constraints = path.join(import.meta.dirname, 'constraints.txt')
  return await pythonVenv({ name: 'localstack', requirements: REQUIREMENTS, constraints }, say)
}

/** Installs LocalStack if need be and starts it on a free port of the loopback interface. It needs no network, and forgets its keys when it stops. */
export async function startLocalStack(say: (line: string) => void): Promise<RunningServer> {
  const commands = await installLocalStack(say)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const folder = cacheFolder('localstack-run')
  return await startServer({
    name: 'LocalStack',
    url,
    command: path.join(commands, 'python'),
    args: [path.join(import.meta.dirname, 'launcher.py')],
    env: {
      PATH: process.env['PATH'],
      LANG: 'C.UTF-8',
      // Otherwise a container's marker file makes it write to the system's folders.
      OVERRIDE_IN_DOCKER: '0',
      // Kept between runs: the cache of service descriptions in it is 4 seconds of a start and 400 MB of memory.
      FILESYSTEM_ROOT: cacheFolder('localstack-run', 'root'),
      TMPDIR: cacheFolder('localstack-run', 'tmp', String(port)),
      XDG_CACHE_HOME: cacheFolder('localstack-run', 'xdg'),
      HOME: cacheFolder('localstack-run', 'home'),
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      SERVICES: 'kms,sts,iam',
      DNS_ADDRESS: '0',
      DISABLE_EVENTS: '1',
      SKIP_SSL_CERT_DOWNLOAD: '1',
      PYTHONUNBUFFERED: '1',
    },
    log: path.join(folder, `${port}.log`),
    ready: () => servesKmsAndSts(url),
    readyWithinMs: READY_WITHIN_MS,
  })
}

/** Its health answers before the services are loaded, so that each is asked something. */
async function servesKmsAndSts(url: string): Promise<boolean> {
  const authorization =
    'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/SERVICE/aws4_request, SignedHeaders=host, Signature=0'
  const keys = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'TrentService.ListKeys',
      authorization: authorization.replace('SERVICE', 'kms'),
    },
    body: '{}',
    signal: AbortSignal.timeout(READY_WITHIN_MS),
  })
  const identity = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: authorization.replace('SERVICE', 'sts'),
    },
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
    signal: AbortSignal.timeout(READY_WITHIN_MS),
  })
  return keys.ok && identity.ok
}
