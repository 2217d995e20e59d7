/** The environment or a profile names an endpoint that secrets must not be sent to. */
export class InsecureEndpoint extends Error {
  override readonly name = 'InsecureEndpoint'
  /** The origin, for the message. */
  readonly endpoint: string

  constructor(endpoint: string) {
    super('the endpoint is not https')
    this.endpoint = endpoint
  }
}
