import { afterEach, beforeEach } from 'vitest'

import type { Kms } from '@keyfold/kms-api'

import type { AwsKmsConfig } from '../../src/config-schema.ts'
import provider from '../../src/kms-provider.ts'
import { ACCOUNT, FakeAws, REGION } from './fake-aws.ts'

export const SECRET = 'kf-canary-secret-access-key'
export const TOKEN = 'kf-canary-session-token'

/** A fake for each test, and clients of it, which are closed after it. */
export class Fixture {
  aws = new FakeAws()
  readonly open: Kms[] = []

  config(more: Partial<AwsKmsConfig> = {}): AwsKmsConfig {
    return {
      region: REGION,
      account: ACCOUNT,
      endpoint: this.aws.url,
      credentials: {
        method: 'static',
        accessKeyId: { value: 'AKIATEST' },
        secretAccessKey: { value: SECRET },
        sessionToken: { value: TOKEN },
      },
      ...more,
    }
  }

  async connect(more: Partial<AwsKmsConfig> = {}): Promise<Kms> {
    const kms = await provider.create(this.config(more), { baseDirectory: import.meta.dirname })
    this.open.push(kms)
    return kms
  }

  operations(): string[] {
    return this.aws.requests.map(({ operation }) => operation)
  }
}

/** Gives the fixture of the test that runs. */
export function withFake(): Fixture {
  const fixture = new Fixture()
  beforeEach(async () => {
    fixture.aws = new FakeAws()
    await fixture.aws.start()
  })
  afterEach(async () => {
    for (const kms of fixture.open.splice(0)) await kms.close()
    await fixture.aws.stop()
  })
  return fixture
}
