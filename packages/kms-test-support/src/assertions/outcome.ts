import { types } from 'node:util'

import { ClauseError } from './clause-error.ts'

/** The outcome of a call. */
export type Outcome<T> =
  | { readonly value: T; readonly error?: undefined; readonly failed: false }
  | { readonly error: unknown; readonly failed: true }

/** Waits for a call and returns its outcome. @throws ClauseError if it throws synchronously or does not return a promise. */
export async function outcomeOf<T>(call: () => Promise<T>, what: string): Promise<Outcome<T>> {
  const promise = start(call, what)
  try {
    return { value: await promise, failed: false }
  } catch (error) {
    return { error, failed: true }
  }
}

/** Calls an asynchronous method. @throws ClauseError if it throws synchronously or does not return a promise. */
function start<T>(call: () => Promise<T>, what: string): Promise<T> {
  let promise: unknown
  try {
    promise = call()
  } catch (error) {
    throw new ClauseError(`${what} expected to reject, it threw synchronously`, { cause: error })
  }
  if (!types.isPromise(promise)) throw new ClauseError(`${what} expected to give a promise`)
  return promise as Promise<T>
}
