/** Returns whether two runs of `length` bytes are equal. Constant work for a length; a run that ends too early is not equal. */
export function equalBytes(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  if (aStart + length > a.length || bStart + length > b.length) return false
  let difference = 0
  for (let i = 0; i < length; i++) difference |= (a[aStart + i] as number) ^ (b[bStart + i] as number)
  return difference === 0
}
