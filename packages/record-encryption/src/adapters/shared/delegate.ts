/** Marks what the adapters made, and leads to the client below. Registered, so that another copy of the package finds it too. */
const CLIENT = Symbol.for('@keyfold/record-encryption/client')

/**
 * Returns a new object with the same members as `client`, of which `own` replaces those that it has. Each member is read from the client when it is used, and methods
 * run on the client itself, so that private fields and later changes of the client keep working.
 *
 * @throws TypeError for a client that is wrapped already.
 */
export function delegateTo<C extends object>(client: C, own: object): C {
  if (clientBelow(client) !== undefined)
    throw new TypeError('the client is wrapped already; wrapping it twice would encrypt or decrypt twice')
  const wrapper = {}
  for (const name of memberNames(client)) {
    if (Object.hasOwn(own, name)) continue
    Object.defineProperty(wrapper, name, {
      get: () => boundMember(client, name),
      set: (value: unknown) => {
        Reflect.set(client, name, value)
      },
      enumerable: true,
      configurable: true,
    })
  }
  // A mock may have fewer members than the client.
  for (const name of Reflect.ownKeys(own)) {
    if (!(name in client)) continue
    const descriptor = {
      value: Reflect.get(own, name) as unknown,
      enumerable: true,
      writable: true,
      configurable: true,
    }
    Object.defineProperty(wrapper, name, descriptor)
  }
  Object.defineProperty(wrapper, CLIENT, { value: client })
  return wrapper as C
}

/** Returns the client below a wrapper; undefined for what is no wrapper. */
function clientBelow(wrapper: unknown): unknown {
  if ((typeof wrapper !== 'object' && typeof wrapper !== 'function') || wrapper === null) return undefined
  return (wrapper as Record<symbol, unknown>)[CLIENT]
}

/** Returns the client below a wrapper, or the client itself. */
export function unwrapped<C>(client: C): C {
  return (clientBelow(client) ?? client) as C
}

/** Returns the names of all members of a client, of its own and of its prototypes. */
export function memberNames(client: object): Set<string | symbol> {
  const names = new Set<string | symbol>()
  let each: object | null = client
  while (each !== null && each !== Object.prototype) {
    for (const name of Reflect.ownKeys(each)) if (name !== 'constructor') names.add(name)
    each = Reflect.getPrototypeOf(each)
  }
  return names
}

/** Returns a member of a client, bound to it if it is a method. */
export function boundMember(client: object, name: string | symbol): unknown {
  const member: unknown = Reflect.get(client, name)
  if (typeof member !== 'function' || isClass(member)) return member
  return (...args: readonly unknown[]): unknown => Reflect.apply(member, client, args) as unknown
}

function isClass(member: object): boolean {
  return Object.getOwnPropertyDescriptor(member, 'prototype')?.writable === false
}
