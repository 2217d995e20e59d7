import { describeType } from '@keyfold/kms-api'

/** @throws TypeError for options that are no object, or have a member that is not among `names`: a misspelt option must not be ignored. */
export function checkAdapterOptions(options: unknown, names: readonly string[]): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`"options" expected an object, got ${describeType(options)}`)
  for (const name of Object.keys(options))
    if (!names.includes(name)) throw new TypeError(`"options.${name}" expected one of ${names.join(', ')}`)
}
