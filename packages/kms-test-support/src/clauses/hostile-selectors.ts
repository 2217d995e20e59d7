/** Selectors that leave the place where KEKs are, or come back to the KEK `name`, if they are put into a path or a URL as they are. */
export const pathTraversals = (name: string): readonly string[] => [
  `./${name}`,
  `../keys/${name}`,
  `x/../${name}`,
  `${name}/.`,
  `${name}?x=1`,
  `${name}#x`,
  `${name}%00`,
  `%${name.charCodeAt(0).toString(16)}${name.slice(1)}`,
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
export const controlCharacters = (name: string): readonly string[] => [
  `${name}\0x`,
  `${name}\r\nX-Injected: 1`,
  `${name}\n`,
  `${name}\t`,
  `\u0000${name}`,
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
export const beyondAscii = (name: string): readonly string[] => [
  `${name}\u200b`,
  `${name.slice(0, 2)}\u00ad${name.slice(2)}`,
  String.fromCharCode(...Array.from(name, (letter) => letter.charCodeAt(0) + 0xfee0)),
  `\ufeff${name}`,
  `${name}\ud800`,
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
export const long = (name: string): readonly string[] => [
  `${name}${' '.repeat(10_240)}`,
  'k'.repeat(10_240),
  '../'.repeat(3_414),
  '\u{1f511}'.repeat(2_560),
  `${'a'.repeat(10_000)}\r\n${'b'.repeat(238)}`,
]

/** Names that every object has. */
export const prototypeNames = (): readonly string[] => [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__defineGetter__',
]
