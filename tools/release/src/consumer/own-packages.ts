import type { Manifest } from '../../../checks/lib/manifest.ts'

/** By Nx tag, which of our packages are installed with one, besides itself: the rules of dependency R1 to R4. */
const COMPANIONS: Readonly<Record<string, readonly string[]>> = {
  'type:api': [],
  'type:provider': ['@keyfold/kms-api'],
  'type:encryption': ['@keyfold/kms-api'],
  'type:test-support': ['@keyfold/kms-api'],
  'type:config': ['@keyfold/kms-api', '@keyfold/record-encryption'],
  'type:cli': ['@keyfold/config', '@keyfold/kms-api', '@keyfold/record-encryption'],
}

/** Says which of our packages a user gets who asks for one, itself among them. */
export function ownPackagesWith({ name, nx }: Manifest): readonly string[] {
  const companions = COMPANIONS[nx?.tags?.[0] ?? '']
  if (companions === undefined)
    throw new Error(`"nx.tags" of ${name} expected one of ${Object.keys(COMPANIONS).join(', ')}`)
  return [name, ...companions].sort()
}
