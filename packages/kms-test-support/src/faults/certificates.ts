import { generate } from 'selfsigned'

/** Which certificate a server shows. Only `good` may be accepted by a client that trusts the authority. */
export type CertificateKind = 'good' | 'self-signed' | 'expired' | 'not-yet-valid' | 'wrong-host' | 'unknown-ca'

/** A server's key and certificate, as PEM. */
export interface ServerCertificate {
  readonly key: string
  readonly cert: string
}

const DAY_MS = 86_400_000
const EC = { keyType: 'ec', algorithm: 'sha256' } as const

/** A certificate authority that exists for one run, and what it signs. */
export class TestAuthority {
  /** The certificate to trust, as PEM. */
  readonly ca: string
  readonly #key: string

  private constructor(ca: string, key: string) {
    this.ca = ca
    this.#key = key
  }

  /** Creates an authority with its own key. */
  static async create(name = 'Keyfold test authority'): Promise<TestAuthority> {
    const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
      ...EC,
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
      ],
    })
    return new TestAuthority(cert, key)
  }

  /** Creates a server's certificate for 127.0.0.1 and localhost, or one that is wrong. */
  async issue(kind: CertificateKind): Promise<ServerCertificate> {
    if (kind === 'unknown-ca') return await (await TestAuthority.create('Somebody else')).issue('good')
    const now = Date.now()
    const [from, to] = kind === 'expired' ? [-10, -1] : kind === 'not-yet-valid' ? [1, 10] : [-1, 1]
    const altNames =
      kind === 'wrong-host'
        ? [{ type: 2 as const, value: 'other.example' }]
        : [
            { type: 2 as const, value: 'localhost' },
            { type: 7 as const, ip: '127.0.0.1' },
          ]
    const { cert, private: key } = await generate(
      [{ name: 'commonName', value: kind === 'wrong-host' ? 'other.example' : 'localhost' }],
      {
        ...EC,
        notBeforeDate: new Date(now + from * DAY_MS),
        notAfterDate: new Date(now + to * DAY_MS),
        extensions: [
          { name: 'basicConstraints', cA: false, critical: true },
          { name: 'keyUsage', digitalSignature: true, critical: true },
          { name: 'extKeyUsage', serverAuth: true },
          { name: 'subjectAltName', altNames },
        ],
        ...(kind === 'self-signed' ? {} : { ca: { key: this.#key, cert: this.ca } }),
      },
    )
    return { key, cert }
  }
}
