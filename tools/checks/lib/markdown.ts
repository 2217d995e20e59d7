/** A fenced block of a Markdown file. */
export interface Fence {
  readonly language: string
  readonly text: string
  /** The line of the fence in its file, from 1. */
  readonly line: number
}

/** The fenced blocks of a Markdown text. */
export function fencesOf(markdown: string): readonly Fence[] {
  const fences: Fence[] = []
  let open:
    { readonly mark: string; readonly language: string; readonly line: number; readonly lines: string[] } | undefined
  markdown.split('\n').forEach((text, index) => {
    const fence = /^\s*(```+|~~~+)\s*([\w-]*)/.exec(text)
    if (open === undefined && fence !== null)
      open = { mark: fence[1] ?? '', language: fence[2] ?? '', line: index + 1, lines: [] }
    else if (open !== undefined && text.trim().startsWith(open.mark)) {
      fences.push({ language: open.language, line: open.line, text: open.lines.join('\n') })
      open = undefined
    } else open?.lines.push(text)
  })
  return fences
}

/** The text without its fenced blocks, which stay as empty lines. */
export function withoutFences(markdown: string): string {
  let mark: string | undefined
  return markdown
    .split('\n')
    .map((text) => {
      const fence = /^\s*(```+|~~~+)/.exec(text)?.[1]
      if (mark === undefined && fence === undefined) return text
      if (mark === undefined) mark = fence
      else if (text.trim().startsWith(mark)) mark = undefined
      return ''
    })
    .join('\n')
}

/** A heading with the text below it, up to the next heading of any level. */
export interface Section {
  readonly heading: string
  readonly level: number
  readonly line: number
  readonly text: string
}

/** The sections of a Markdown text in order. */
export function sectionsOf(markdown: string): readonly Section[] {
  const lines = withoutFences(markdown).split('\n')
  const starts = lines.flatMap((text, index) => {
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(text)
    return heading === null ? [] : [{ index, level: heading[1]?.length ?? 0, heading: heading[2] ?? '' }]
  })
  return starts.map(({ index, level, heading }, at) => ({
    heading,
    level,
    line: index + 1,
    text: lines.slice(index + 1, starts[at + 1]?.index).join('\n'),
  }))
}

/** The anchor that Markdown renderers give a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}
