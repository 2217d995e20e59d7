/** Returns a path as a message shows it: `topics[0].binding.read`, or `options` for the whole. */
export function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
  return text === '' ? 'options' : text.replace(/^\./, '')
}
