import { viewOf } from '../wire/byte-view.ts'

/** Copies bytes from `start` to `end`. Never uses `slice()`: that of a Buffer returns a view. */
export function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(viewOf(bytes, start, end))
}
