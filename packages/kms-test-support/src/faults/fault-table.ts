import type { FaultOutcome, FaultRow } from './fault-row.ts'
import type { Fault } from './fault.ts'
import {
  AUTHENTICATION,
  BAD_REQUEST,
  DENIED,
  INVALID_RESPONSE,
  NO_HTTP,
  REJECTED,
  SUCCESS,
  THROTTLED,
  TIMEOUT,
  UNAVAILABLE,
} from './outcomes.ts'

const spoil = (how: Extract<Fault, { kind: 'spoil' }>['how'], everyMs?: number): Fault => ({
  kind: 'spoil',
  how,
  everyMs,
})
const status = (code: number, headers?: Readonly<Record<string, string>>): Fault => ({
  kind: 'answer',
  status: code,
  headers,
  canary: true,
})
const text = (body: string, contentType = 'application/json'): Fault => ({
  kind: 'answer',
  status: 200,
  body,
  headers: { 'content-type': contentType },
})
const HTML = '<!doctype html><html><title>kf-canary-in-the-body-of-an-answer</title></html>'

/** The faults of the way to the KMS, and of an answer on its way back. */
const way: readonly Omit<FaultRow, 'id'>[] = [
  { title: 'an answer that takes 100 ms is waited for', fault: { kind: 'pass', delayMs: 100 }, expected: SUCCESS },
  { title: 'an answer in chunks of one byte is put together', fault: spoil('tiny-chunks'), expected: SUCCESS },
  {
    title: 'informational answers before the right one are passed over',
    fault: spoil('early-hints'),
    expected: SUCCESS,
  },
  {
    title: 'a connection that is closed after each answer costs nothing but a new one',
    fault: spoil('close-after'),
    expected: { ...UNAVAILABLE, maySucceed: true },
  },
  { title: 'a KMS that reads and never answers', fault: { kind: 'silence' }, expected: TIMEOUT },
  { title: 'a KMS that stops after the headers', fault: spoil('headers-then-silence'), expected: TIMEOUT },
  { title: 'a KMS that stops in the middle of the body', fault: spoil('half-then-silence'), expected: TIMEOUT },
  { title: 'a body that drips, one byte every 100 ms', fault: spoil('drip', 100), expected: TIMEOUT },
  { title: 'headers that drip, one byte every 100 ms', fault: spoil('drip-headers', 100), expected: TIMEOUT },
  { title: 'a port that nobody listens on any more', fault: { kind: 'pass' }, gone: true, expected: UNAVAILABLE },
  { title: 'a reset before the headers', fault: { kind: 'hang-up', how: 'reset' }, expected: UNAVAILABLE },
  {
    title: 'a connection that is closed before the headers',
    fault: { kind: 'hang-up', how: 'close' },
    expected: UNAVAILABLE,
  },
  { title: 'a reset after the headers', fault: spoil('headers-then-reset'), expected: UNAVAILABLE },
  { title: 'a reset in the middle of the body', fault: spoil('half-then-reset'), expected: UNAVAILABLE },
  { title: 'half a body under the right length', fault: spoil('half-then-close'), expected: UNAVAILABLE },
  { title: 'a chunked body without its end', fault: spoil('half-chunked'), expected: UNAVAILABLE },
  { title: 'something that is not HTTP', fault: { kind: 'raw', text: 'SSH-2.0-OpenSSH_9.9\r\n' }, expected: NO_HTTP },
  {
    title: 'a status line that is none',
    fault: { kind: 'raw', text: 'HTTP/1.1 abc Whatever\r\n\r\n' },
    expected: NO_HTTP,
  },
  {
    title: 'two different lengths',
    fault: { kind: 'raw', text: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\n{}' },
    expected: NO_HTTP,
  },
  { title: 'a header of 100 KB', fault: { kind: 'body', made: 'long-header' }, expected: NO_HTTP },
]

/** Responses that say success and are none. */
const bodies: readonly Omit<FaultRow, 'id'>[] = [
  { title: '200 with no body', fault: text(''), expected: INVALID_RESPONSE },
  { title: '204', fault: { kind: 'answer', status: 204 }, expected: INVALID_RESPONSE },
  { title: '200 with an empty object', fault: text('{}'), expected: INVALID_RESPONSE },
  { title: '200 with null', fault: text('null'), expected: INVALID_RESPONSE },
  { title: '200 with a list', fault: text('[]'), expected: INVALID_RESPONSE },
  { title: '200 with a number', fault: text('7'), expected: INVALID_RESPONSE },
  { title: '200 with a text', fault: text('"kf-canary-in-the-body-of-an-answer"'), expected: INVALID_RESPONSE },
  { title: '200 with HTML', fault: text(HTML, 'text/html'), expected: INVALID_RESPONSE },
  { title: '200 with HTML that calls itself JSON', fault: text(HTML), expected: INVALID_RESPONSE },
  { title: '200 with JSON that was cut', fault: spoil('cut-text'), expected: INVALID_RESPONSE },
  { title: '200 with JSON and more behind it', fault: text('{} {}'), expected: INVALID_RESPONSE },
  {
    title: '200 with __proto__',
    fault: text('{"__proto__":{"keyId":"kf"},"constructor":{"prototype":{"x":1}}}'),
    expected: INVALID_RESPONSE,
  },
  { title: '200 with 100,000 brackets', fault: { kind: 'body', made: 'deep-json' }, expected: INVALID_RESPONSE },
  { title: '200 with what is no UTF-8', fault: spoil('bad-utf-8'), expected: INVALID_RESPONSE },
  { title: '200 with 10 MB of JSON', fault: { kind: 'body', made: '10-mb-json' }, expected: INVALID_RESPONSE },
  { title: '200 with 10 MB of blanks', fault: { kind: 'body', made: '10-mb-blanks' }, expected: INVALID_RESPONSE },
  {
    title: '200 with 100 MB in 100 KB of gzip',
    fault: { kind: 'body', made: '100-mb-gzip-bomb' },
    expected: INVALID_RESPONSE,
  },
  {
    title: '200 with a body that is not the gzip it says',
    fault: spoil('says-gzip'),
    expected: { ...NO_HTTP, maySucceed: true },
  },
  {
    title: '200 with gzip that nobody asked for',
    fault: spoil('gzip'),
    expected: { ...INVALID_RESPONSE, maySucceed: true },
  },
  { title: '500 with 10 MB', fault: { kind: 'body', made: '10-mb-json', status: 500 }, expected: UNAVAILABLE },
]

const redirects: readonly Omit<FaultRow, 'id'>[] = [301, 302, 303, 307, 308].map((code) => ({
  title: `${code} to another origin, where nothing may arrive`,
  fault: { kind: 'redirect', status: code, to: 'other-origin' },
  expected: REJECTED,
}))

const rejections: readonly (readonly [number, FaultOutcome])[] = [
  [400, BAD_REQUEST],
  [401, AUTHENTICATION],
  [403, DENIED],
  [404, REJECTED],
  [405, REJECTED],
  [408, { codes: ['KMS_UNAVAILABLE', 'KMS_TIMEOUT'], retry: 'yes' }],
  [409, UNAVAILABLE],
  [410, REJECTED],
  [412, UNAVAILABLE],
  [413, REJECTED],
  [415, REJECTED],
  [422, REJECTED],
  [423, UNAVAILABLE],
  [429, THROTTLED],
  [472, UNAVAILABLE],
  [473, UNAVAILABLE],
  [500, UNAVAILABLE],
  [501, UNAVAILABLE],
  [502, UNAVAILABLE],
  [503, UNAVAILABLE],
  [504, { codes: ['KMS_UNAVAILABLE', 'KMS_TIMEOUT'], retry: 'yes' }],
  [507, UNAVAILABLE],
  [520, UNAVAILABLE],
]

/** Every status of a KMS and of what stands in front of one, with a body that is not in its words. */
const statuses: readonly Omit<FaultRow, 'id'>[] = [
  ...rejections.map(([code, expected]) => ({
    title: `${code} in words that are not those of the KMS`,
    fault: status(code),
    expected,
  })),
  {
    title: '429 with Retry-After in seconds',
    fault: status(429, { 'retry-after': '2' }),
    expected: THROTTLED,
    retryAfterMs: [1_500, 2_000],
  },
  { title: '429 with a Retry-After that is none', fault: status(429, { 'retry-after': 'soon' }), expected: THROTTLED },
  { title: '503 with Retry-After', fault: status(503, { 'retry-after': '1' }), expected: UNAVAILABLE },
  {
    title: '404 with HTML, as of a load balancer',
    fault: { kind: 'answer', status: 404, body: HTML, headers: { 'content-type': 'text/html' } },
    expected: REJECTED,
  },
  {
    title: '502 with HTML, as of a load balancer',
    fault: { kind: 'answer', status: 502, body: HTML, headers: { 'content-type': 'text/html' } },
    expected: UNAVAILABLE,
  },
  {
    title: '307 to another path of the same origin, over and over',
    fault: { kind: 'redirect', status: 307, to: 'same-origin' },
    expected: REJECTED,
  },
]

/** A right certificate and wrong ones. Nothing may be sent to who shows a wrong one. */
const tls: readonly Omit<FaultRow, 'id'>[] = [
  { title: 'a certificate of the authority that is trusted', security: 'good', expected: SUCCESS },
  { title: 'a certificate that signed itself', security: 'self-signed', expected: UNAVAILABLE },
  { title: 'a certificate that has expired', security: 'expired', expected: UNAVAILABLE },
  { title: 'a certificate that is not valid yet', security: 'not-yet-valid', expected: UNAVAILABLE },
  { title: 'a certificate for another host', security: 'wrong-host', expected: UNAVAILABLE },
  { title: 'a certificate of another authority', security: 'unknown-ca', expected: UNAVAILABLE },
  { title: 'TLS 1.1 and nothing newer', security: 'tls-1.1', expected: UNAVAILABLE },
  { title: 'HTTP where HTTPS is expected', security: 'plain', expected: UNAVAILABLE },
].map((row) => ({ ...row, fault: { kind: 'pass' } }) as Omit<FaultRow, 'id'>)

/** Faults that end while the client is in use. */
const recoveries: readonly Omit<FaultRow, 'id'>[] = [
  {
    title: 'a port that refuses connections, then passes them',
    fault: { kind: 'pass' },
    gone: true,
    recovers: true,
    expected: UNAVAILABLE,
  },
  {
    title: 'resets before the headers, then the right responses',
    fault: { kind: 'hang-up', how: 'reset' },
    recovers: true,
    expected: UNAVAILABLE,
  },
  { title: 'silence, then the right responses', fault: { kind: 'silence' }, recovers: true, expected: TIMEOUT },
  { title: '503, then the right responses', fault: status(503), recovers: true, expected: UNAVAILABLE },
]

/** What goes wrong between a provider and its KMS, and what a caller is told about it. */
export const faultTable: readonly FaultRow[] = [
  ...way,
  ...bodies,
  ...redirects,
  ...statuses,
  ...tls,
  ...recoveries,
].map((row, i) => ({
  id: `F${String(i + 1).padStart(2, '0')}`,
  ...row,
}))
