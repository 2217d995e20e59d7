/** Selectors that leave the place where KEKs are, if they are put into a path or a URL as they are. */
export const PATH_TRAVERSALS: readonly string[] = [
  '../../sys/seal',
  '..',
  '.',
  '../kf-other',
  './kf-other',
  'a/../../secrets',
  '/etc/passwd',
  '\\\\server\\share',
  '..\\..\\windows',
  '%2e%2e%2f%2e%2e%2fsys%2fseal',
  '..%2fsys',
  '..;/admin',
  'kf-other/../../x',
  'a//b',
  'kf?x=1',
  'kf#fragment',
  'kf&x=1',
  'http://127.0.0.1:1/x',
  '//127.0.0.1:1/x',
  'file:///etc/passwd',
]

/** Selectors that end a line, a header or a C string. */
export const CONTROL_CHARACTERS: readonly string[] = [
  'kf\0other',
  '\0',
  'kf\r\nX-Injected: 1',
  'kf\nother',
  'kf\tother',
  'kf\u001b[31mred',
  'kf\u007f',
  'kf\u0085other',
  'kf\b\b\b',
]

/** Selectors that read like others, or are no text at all. */
export const BEYOND_ASCII: readonly string[] = [
  'kf-\u043ether',
  'kf-\u00e9t\u00e9',
  'kf-e\u0301te\u0301',
  'kf\u202egnp',
  'kf\u200b',
  '\ufeffkf',
  'kf\u2028other',
  '\u{1f511}',
  'kf-\ud800',
  '\udc00kf',
  '\uff0e\uff0e\uff0fsys',
]

/** Selectors of 10 KB, in all the ways in which that may go wrong. */
export const LONG: readonly string[] = ['k'.repeat(10_240), '../'.repeat(3_414), '\u{1f511}'.repeat(2_560), `${'a'.repeat(10_000)}\r\n${'b'.repeat(238)}`]

/** Names that every object has. */
export const PROTOTYPE_NAMES: readonly string[] = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__']
