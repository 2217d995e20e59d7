import type { RotationsListEntry } from '@aws-sdk/client-kms'

import type { Kek, KekVersion, KmsCallOptions } from '@keyfold/kms-api'

import type { KeyRequests } from './key-requests.ts'

/** AWS keeps far fewer; the bound ends a list that leads in a circle. */
const MAX_PAGES = 100

/**
 * Lists the key materials of a key: the first one, and one for each rotation.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeyRotations.html
 */
export async function listRotations(
  requests: KeyRequests,
  kekSelector: string,
  KeyId: string,
  options?: KmsCallOptions,
): Promise<readonly RotationsListEntry[]> {
  const entries: RotationsListEntry[] = []
  let marker: { readonly Marker?: string } = {}
  for (let page = 0; page < MAX_PAGES; page++) {
    const input = { KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL', ...marker } as const
    const { Rotations = [], NextMarker } = await requests.send(
      { ...options, action: 'ListKeyRotations', kekSelector },
      (sdk) => new sdk.ListKeyRotationsCommand(input),
    )
    entries.push(...Rotations)
    if (NextMarker === undefined || NextMarker === '') break
    marker = { Marker: NextMarker }
  }
  return entries
}

/**
 * Returns the versions of a KEK, oldest first: the first key material has no date.
 *
 * @param kek - its version is the current one, which is listed even if AWS lists none.
 */
export function versionsOf(entries: readonly RotationsListEntry[], kek: Kek): readonly KekVersion[] {
  const listed = entries
    .flatMap(({ KeyMaterialId, RotationDate, KeyMaterialState }) =>
      KeyMaterialId === undefined
        ? []
        : [{ version: KeyMaterialId, createdAt: RotationDate, state: stateOf(KeyMaterialState) }],
    )
    .sort((a, b) => (a.createdAt?.getTime() ?? -Infinity) - (b.createdAt?.getTime() ?? -Infinity))
  const { version } = kek
  if (version === undefined || listed.some((each) => each.version === version)) return listed
  return [...listed, { version, state: 'enabled' }]
}

/** Every rotated key material still decrypts; an imported one may not have become current yet. */
function stateOf(state: string | undefined): string {
  return state?.startsWith('PENDING') === true ? 'pending' : 'enabled'
}
