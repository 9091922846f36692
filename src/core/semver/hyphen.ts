import { versionPattern, whitespace } from './grammar.ts'

const separator = /[ \t\n\f\r]+-[ \t\n\f\r]+/g
const lower = new RegExp(`^${versionPattern}$`)
const upper = new RegExp(versionPattern, 'y')
const versionCharacter = /[0-9A-Za-z.+*|-]/
/** A lower bound longer than this is left alone, and then refused as no version: keeps the search short. */
const maxBoundLength = 1024

/**
 * Rewrites each `a - b` to `>= a, <= b`, before anything else is parsed. Space around the range is eaten with it, so
 * what stood before it must end in a comma or in `||`.
 */
export function rewriteHyphens(text: string): string {
  let result = ''
  let done = 0
  for (const match of text.matchAll(separator)) {
    if (match.index < done) continue
    const start = startOfLower(text, done, match.index)
    if (start === undefined) continue
    upper.lastIndex = match.index + match[0].length
    const bound = upper.exec(text)
    if (bound === null) continue
    let from = start
    while (from > done && whitespace.includes(text.charAt(from - 1))) from -= 1
    result += `${text.slice(done, from)}>= ${text.slice(start, match.index)}, <= ${bound[0]} `
    done = upper.lastIndex
    while (done < text.length && whitespace.includes(text.charAt(done))) done += 1
  }
  return result + text.slice(done)
}

/** The first place from which everything up to `end` is one version; undefined when there is none after `floor`. */
function startOfLower(text: string, floor: number, end: number): number | undefined {
  let first = end
  while (first > floor && versionCharacter.test(text.charAt(first - 1))) first -= 1
  if (end - first > maxBoundLength) return undefined
  for (let start = first; start < end; start += 1) {
    if (lower.test(text.slice(start, end))) return start
  }
  return undefined
}
