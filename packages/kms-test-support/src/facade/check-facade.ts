import { CAPABILITIES, type Capability } from './capability.ts'
import { FacadeError } from './facade-error.ts'
import type { KmsFacade } from './kms-facade.ts'

const METHODS = ['start', 'stop', 'config', 'requests', 'canaries', 'child'] as const
const MANAGER = ['create', 'delete', 'rotate', 'disable', 'enable', 'exists'] as const
/** What a facade must offer, unless its manifest declares the inability. */
const HANDS: Readonly<Partial<Record<Capability, readonly (keyof KmsFacade)[]>>> = {
  deny: ['denied'],
  reject: ['rejected'],
  outage: ['unreachable', 'interruptible'],
  silence: ['silent'],
  reveal: ['revealDek'],
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Checks that a facade and its manifest are complete, before anything is started. The runners of this package call it; a runner of your own must call it first.
 *
 * @throws FacadeError with every problem, each by the name of its field.
 */
export function checkFacade(facade: KmsFacade): void {
  const given: unknown = facade
  if (!isObject(given)) throw new FacadeError(['"facade" expected an object'])
  const problems = [
    ...(isText(given['name']) ? [] : ['"facade.name" expected a text']),
    ...METHODS.flatMap((name) => missing(given, name, 'facade')),
    ...provider(given['provider']),
    ...manager(given['kekManager']),
    ...manifest(given),
  ]
  if (problems.length > 0) throw new FacadeError(problems)
}

function provider(given: unknown): readonly string[] {
  if (!isObject(given)) return ['"facade.provider" expected the default export of "./kms-provider"']
  return [
    ...(isText(given['name']) ? [] : ['"facade.provider.name" expected a text']),
    ...missing(given, 'create', 'facade.provider'),
  ]
}

function manager(given: unknown): readonly string[] {
  if (!isObject(given)) return [`"facade.kekManager" expected an object with ${MANAGER.join(', ')}`]
  return MANAGER.flatMap((name) => missing(given, name, 'facade.kekManager'))
}

function manifest(facade: Fields): readonly string[] {
  const given = facade['manifest']
  if (!isObject(given)) return ['"facade.manifest" expected an object with wrapping and cannot']
  const { wrapping, cannot } = given
  const problems =
    wrapping === 'authenticated' || wrapping === 'public-key'
      ? []
      : ['"facade.manifest.wrapping" expected "authenticated" or "public-key"']
  if (wrapping === 'public-key') problems.push(...missing(facade, 'forgeEdek', 'facade'))
  else if (facade['forgeEdek'] !== undefined) problems.push(...missing(facade, 'forgeEdek', 'facade'))
  if (!isObject(cannot))
    return [...problems, '"facade.manifest.cannot" expected an object with a reason by capability, or an empty one']
  for (const [capability, reason] of Object.entries(cannot)) {
    if (!(CAPABILITIES as readonly string[]).includes(capability))
      problems.push(
        `"facade.manifest.cannot" has the unknown capability ${JSON.stringify(capability)}; known: ${CAPABILITIES.join(', ')}`,
      )
    else if (!isText(reason)) problems.push(`"facade.manifest.cannot.${capability}" expected a reason, got none`)
  }
  for (const [capability, hands] of Object.entries(HANDS))
    for (const hand of hands) {
      if (cannot[capability] === undefined)
        problems.push(
          ...(typeof facade[hand] === 'function'
            ? []
            : [`"facade.${hand}" expected a function, or "${capability}" with a reason in "facade.manifest.cannot"`]),
        )
      else if (facade[hand] !== undefined)
        problems.push(
          `"facade.${hand}" expected nothing, because the manifest declares that the KMS cannot "${capability}"`,
        )
    }
  return problems
}

function missing(of: Fields, name: string, path: string): readonly string[] {
  return typeof of[name] === 'function' ? [] : [`"${path}.${name}" expected a function`]
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== ''
}
