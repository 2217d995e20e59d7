import { describe, expect, test } from 'vitest'

import { formatBytes, formatCount } from '../../src/report/format-number.ts'
import { createProgress } from '../../src/report/progress.ts'
import { createStats } from '../../src/report/run-stats.ts'
import type { Terminal } from '../../src/report/terminal.ts'

function setUp(options: { readonly isTTY: boolean; readonly bar?: boolean; readonly totalBytes?: number }) {
  const bars: string[] = []
  const logged: string[] = []
  let time = 0
  const terminal: Terminal = {
    isTTY: options.isTTY,
    columns: 60,
    line: () => undefined,
    bar: (text) => bars.push(text),
    clear: () => bars.push(''),
  }
  const logger = { info: (_: object, message: string) => logged.push(message) } as never
  const progress = createProgress({
    command: 'encrypt',
    terminal,
    logger,
    bar: options.bar ?? true,
    totalBytes: options.totalBytes,
    now: () => time,
  })
  const at = (milliseconds: number, records: number, bytesIn: number): void => {
    time = milliseconds
    progress.update({ ...createStats(), records, bytesIn })
  }
  return { at, bars, logged, progress }
}

describe('progress', () => {
  test('is a bar on a terminal, ten times a second at most, and goes at the end', () => {
    const { at, bars, logged, progress } = setUp({ isTTY: true, totalBytes: 1000 })
    at(50, 1, 100)
    at(100, 5, 500)
    at(150, 6, 600)
    at(200, 10, 1000)
    progress.end()
    expect(bars).toEqual([
      'encrypt ████████████░░░░░░░░░░░░ 50 %, 5 records, 500 B, 4.',
      expect.stringContaining('████████████████████████ 100 %'),
      '',
    ])
    expect(logged).toEqual([])
  })

  test('has no bar where the size is not known, but the same figures', () => {
    const { at, bars } = setUp({ isTTY: true })
    at(1000, 12345, 1024)
    expect(bars).toEqual(['encrypt 12,345 records, 1.0 KiB, 1.0 KiB/s'])
  })

  test('is a log line every ten seconds where there is no terminal, or no bar is wanted', () => {
    for (const options of [{ isTTY: false }, { isTTY: true, bar: false }]) {
      const { at, bars, logged, progress } = setUp(options)
      at(9_999, 1, 1)
      at(10_000, 2, 2048)
      at(19_000, 3, 3)
      progress.end()
      expect(logged).toEqual(['encrypt: 2 records, 2.0 KiB, 205 B/s'])
      expect(bars).toEqual([])
    }
  })
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [2 ** 30, '1.0 GiB'],
  [2 ** 60, '1048576.0 TiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test('counts have commas', () => {
  expect(formatCount(1234567)).toBe('1,234,567')
})
