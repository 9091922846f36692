/**
 * About how many instructions an RE2 expression compiles to, never far too few: what repeats is compiled as often as it
 * may occur, so a few characters can stand for a program of hundreds of megabytes. Takes linear time, and any text.
 */
export function regexSize(source: string): number {
  /** What each open group holds so far; the last is the innermost. */
  const groups: number[] = [0]
  /** What a repetition that comes next would repeat. */
  let last = 0
  const take = (size: number): void => {
    groups.push((groups.pop() ?? 0) + last)
    last = size
  }
  for (let at = 0; at < source.length;) {
    const char = source.charAt(at)
    at += 1
    if (char === '\\') {
      const end = endOfEscape(source, at)
      take(source.charAt(at) === 'Q' ? end - at : 1)
      at = end
    } else if (char === '[') {
      take(1)
      at = endOfClass(source, at)
    } else if (char === '(') {
      take(0)
      groups.push(0)
      if (source.charAt(at) === '?') at += 1
    } else if (char === ')' && groups.length > 1) {
      take(0)
      last = (groups.pop() ?? 0) + 2
    } else if (char === '|') take(1)
    else if (char === '*' || char === '+' || char === '?') last += 1
    else if (char === '{') {
      const [text = '', least = '', most = ''] = repetition(source, at) ?? []
      if (text === '') take(1)
      else last = (last + 1) * Math.max(1, Number(least), Number(most))
      at += text.length
    } else take(1)
  }
  return groups.reduce((sum, size) => sum + size, last)
}

/** What stands behind the brace of `{2}`, `{2,}` or `{2,5}`; undefined where the brace is only a brace. */
function repetition(source: string, at: number): RegExpExecArray | undefined {
  const pattern = /(\d{1,9})(?:,(\d{0,9}))?\}/y
  pattern.lastIndex = at
  return pattern.exec(source) ?? undefined
}

function endOfEscape(source: string, at: number): number {
  const kind = source.charAt(at)
  if (kind === 'Q') return endOr(source.indexOf('\\E', at), source.length)
  const isNamed = 'pPx'.includes(kind) && source.charAt(at + 1) === '{'
  return isNamed ? endOr(source.indexOf('}', at), source.length) + 1 : at + 1
}

function endOfClass(source: string, from: number): number {
  let at = from
  if (source.charAt(at) === '^') at += 1
  // A bracket at the very front stands for itself.
  if (source.charAt(at) === ']') at += 1
  for (; at < source.length && source.charAt(at) !== ']'; at += 1) {
    if (source.charAt(at) === '\\') at += 1
    else if (source.startsWith('[:', at)) at = endOr(source.indexOf(':]', at), at) + 1
  }
  return at + 1
}

function endOr(index: number, otherwise: number): number {
  return index < 0 ? otherwise : index
}
