import { printable, type Kek } from '@keyfold/kms-api'

/** Describes a record that names a KEK which its topic does not trust, with the line that would trust it. */
export function untrustedText(kek: Kek, ruleIndex: number): string {
  const id = printable(kek.id)
  return (
    `the record was encrypted under KEK ${id}, which the rule for this topic does not trust: either it is an old KEK of this topic, ` +
    `or somebody moved the record here; if it is an old KEK, add to topics[${ruleIndex}]: previousKeks: [{ id: ${id} }]`
  )
}

/** Describes a record that names a KEK for which anybody can make EDEKs. */
export function forgeableText(kek: Kek): string {
  return `the record was encrypted under KEK ${printable(kek.id)}, for which anybody with its public key can make EDEKs, and the rule for this topic requires binding ("binding.read: require") without "acceptForgeableDeks: true"`
}

/** Describes a record that names a key version which the KMS does not know. */
export function keyAheadText(kek: Kek): string {
  return (
    `the data key of the record was wrapped by ${versionOf(kek)}, which the KMS does not know: the KEK was restored from an older backup, ` +
    'or the record is forged; after a restore, restore a newer backup before the KEK is rotated again'
  )
}

/** Describes a record under an EDEK, KEK or version that is distrusted. */
export function distrustedText(kek: Kek): string {
  return `the data key of the record was wrapped by ${versionOf(kek)}, and the EDEK, the KEK or the version is on the list "distrust"`
}

/** Names a version: `version "3" of KEK "id"`, or `a version of KEK "id"`. */
export function versionOf({ id, version }: Kek): string {
  return `${version === undefined ? 'a version' : `version ${printable(version)}`} of KEK ${printable(id)}`
}
