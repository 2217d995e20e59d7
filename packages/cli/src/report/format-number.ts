const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `1,234,567`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** `1 record`, `1,234 records`. */
export function formatCountOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${Math.round(count) === 1 ? '' : 's'}`
}

/** `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10))
  const amount = bytes / 1024 ** power
  return `${power === 0 ? Math.round(amount) : amount.toFixed(1)} ${UNITS[power] ?? 'B'}`
}

/** `0:07`, `1:02:03`. */
export function formatDuration(seconds: number): string {
  const whole = Math.ceil(seconds)
  const two = (part: number): string => String(part).padStart(2, '0')
  const minutes = Math.floor(whole / 60)
  const tail = two(whole % 60)
  return minutes < 60 ? `${minutes}:${tail}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${tail}`
}
