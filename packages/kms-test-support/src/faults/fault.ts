/** What the fault proxy does with one request. Plain data, so that scripts can be stored and drawn from a seed. */
export type Fault =
  /** Forwards the request and gives the answer back, after a while. */
  | { readonly kind: 'pass'; readonly delayMs?: number | undefined }
  /** Reads the request and never answers. */
  | { readonly kind: 'silence' }
  /** Ends the connection before any answer: with RST or with FIN. */
  | { readonly kind: 'hang-up'; readonly how: 'reset' | 'close' }
  /** Responses by itself; `canary: true` puts the proxy's canary into the body. Takes part in no forwarding. */
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>> | undefined
      readonly body?: string | undefined
      readonly canary?: boolean | undefined
    }
  /** Responses 200 with a body that is made, not stored: long ones, compressed ones. */
  | { readonly kind: 'body'; readonly made: MadeBody; readonly status?: number | undefined }
  /** Redirects to the second origin of the proxy, which counts what reaches it, or to another path of the same one. */
  | { readonly kind: 'redirect'; readonly status: number; readonly to: 'other-origin' | 'same-origin' }
  /** Forwards the request and spoils the answer. */
  | { readonly kind: 'spoil'; readonly how: Spoiling; readonly everyMs?: number | undefined }
  /** Writes these characters (Latin-1) to the socket instead of an HTTP answer, and closes it. */
  | { readonly kind: 'raw'; readonly text: string }

/** Bodies that are too large to write down. */
export type MadeBody = '10-mb-json' | '10-mb-blanks' | '100-mb-gzip-bomb' | 'deep-json' | 'long-header'

/** What can go wrong with an answer on its way. */
export type Spoiling =
  /** The right Content-Length, half of the body, then FIN or RST, or nothing. */
  | 'half-then-close'
  | 'half-then-reset'
  | 'half-then-silence'
  /** Chunked, without the last chunk. */
  | 'half-chunked'
  /** The headers, then RST, or nothing. */
  | 'headers-then-reset'
  | 'headers-then-silence'
  /** Half of the body as if it were all of it. */
  | 'cut-text'
  /** One byte of the body at a time. */
  | 'drip'
  /** One byte of the status line and headers at a time. */
  | 'drip-headers'
  /** One byte a chunk, at once. */
  | 'tiny-chunks'
  /** Says that the body is compressed, which it is not. */
  | 'says-gzip'
  /** Compresses the body, and says so, although nobody asked. */
  | 'gzip'
  /** Replaces every second byte by one that is no UTF-8. */
  | 'bad-utf-8'
  /** Sends the right answer and closes the connection, although it said keep-alive. */
  | 'close-after'
  /** Sends informational answers (103) before the right one. */
  | 'early-hints'
