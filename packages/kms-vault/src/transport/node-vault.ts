/** What node-vault hands to the function behind it. */
interface Carried {
  readonly path: string
  readonly method: string
  /** Where the request of a call stands, and where its response is put. */
  readonly keyfold: { send: (method: string, path: string) => Promise<unknown>; sent?: Promise<unknown> }
}

/** Sends a request below `/v1/` of the server. */
export type Carry = <T>(
  method: 'GET' | 'POST',
  path: string,
  send: (method: string, path: string) => Promise<T>,
) => Promise<T>

/**
 * Returns a function that carries requests through node-vault. It sees the method and the path of a request, and the status 204; bodies, tokens,
 * responses and errors pass it by, so nothing that it reads from the environment, adds, logs or keeps can reach them.
 *
 * @see {@link https://github.com/nodevault/node-vault | node-vault}, and docs/adr/0009 for why it is here.
 */
export async function createCarrier(): Promise<Carry> {
  const { default: nodeVault } = await import('node-vault')
  const carrier = nodeVault({
    endpoint: 'https://not-used.invalid',
    apiVersion: 'v1',
    debug: () => undefined,
    commands: {},
    'request-promise': { defaults: () => carry },
  })
  return async (method, path, send) => {
    const keyfold: Carried['keyfold'] = { send }
    await (method === 'GET' ? carrier.read(path, { keyfold }) : carrier.write(path, {}, { keyfold }))
    return (await keyfold.sent) as Awaited<ReturnType<typeof send>>
  }
}

async function carry({ path, method, keyfold }: Carried): Promise<object> {
  keyfold.sent = keyfold.send(method, path)
  await keyfold.sent.catch(() => undefined)
  return { statusCode: 204, request: { path } }
}
