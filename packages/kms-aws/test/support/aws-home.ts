import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, vi } from 'vitest'

/** A home folder without any credentials, in an environment without any setting of AWS. */
export class AwsHome {
  folder = ''

  /** Writes the shared configuration file. */
  config(text: string): void {
    writeFileSync(join(this.folder, '.aws', 'config'), text)
  }

  /** Stores a session of `aws sso login`. */
  ssoSession(name: string, session: object): void {
    const folder = join(this.folder, '.aws', 'sso', 'cache')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${createHash('sha1').update(name).digest('hex')}.json`), JSON.stringify(session))
  }

  /** Stores a session of `aws login` that has to be renewed. */
  loginSession(session: string): void {
    const folder = join(this.folder, '.aws', 'login', 'cache')
    mkdirSync(folder, { recursive: true })
    const expiresAt = new Date(Date.now() - 1_000).toISOString()
    const accessToken = {
      accessKeyId: 'A',
      secretAccessKey: 's',
      sessionToken: 't',
      accountId: '111122223333',
      expiresAt,
    }
    const dpopKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      type: 'sec1',
      format: 'pem',
    })
    const token = { accessToken, clientId: 'c', refreshToken: 'kf-canary-refresh-token', dpopKey }
    const name = createHash('sha256').update(session).digest('hex')
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(token))
  }

  file(name: string, text: string, mode = 0o600): string {
    const path = join(this.folder, name)
    writeFileSync(path, text, { mode })
    return path
  }
}

/** Gives the home folder of the test that runs. */
export function withAwsHome(): AwsHome {
  const home = new AwsHome()
  beforeEach(() => {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    home.folder = mkdtempSync(join(tmpdir(), 'keyfold-aws-'))
    mkdirSync(join(home.folder, '.aws'))
    vi.stubEnv('HOME', home.folder)
    vi.stubEnv('AWS_CONFIG_FILE', join(home.folder, '.aws', 'config'))
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(home.folder, '.aws', 'credentials'))
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(home.folder, { recursive: true })
  })
  return home
}

/** A profile of IAM Identity Center. */
export const SSO_PROFILE = `[profile sso]
sso_session = work
sso_account_id = 111122223333
sso_role_name = reader
region = eu-central-1
[sso-session work]
sso_region = eu-central-1
sso_start_url = https://example.awsapps.com/start
`

/** A stored session that is good for an hour. */
export const SSO_SESSION = {
  accessToken: 'kf-canary-sso-token',
  expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  clientId: 'c',
  clientSecret: 'kf-canary-client-secret',
  refreshToken: 'kf-canary-refresh-token',
}
