import type { Kek } from '@keyfold/kms-api'

/** Names a KEK for maps: two references are equal when provider and id are. */
export function kekKey({ provider, id }: Pick<Kek, 'provider' | 'id'>): string {
  return JSON.stringify([provider, id])
}
