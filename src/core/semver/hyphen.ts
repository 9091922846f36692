import { spaceAfter, versionPattern, whitespace } from './grammar.ts'

const dash = /(?<=[ \t\n\f\r])-(?=[ \t\n\f\r])/g
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
  for (const { index } of text.matchAll(dash)) {
    if (index < done) continue
    const end = spaceBefore(text, done, index)
    const start = startOfLower(text, done, end)
    if (start === undefined) continue
    upper.lastIndex = spaceAfter(text, index + 1)
    const bound = upper.exec(text)
    if (bound === null) continue
    const before = text.slice(done, spaceBefore(text, done, start))
    result += `${before}>= ${text.slice(start, end)}, <= ${bound[0]} `
    done = spaceAfter(text, upper.lastIndex)
  }
  return result + text.slice(done)
}

/** Where the whitespace that ends at `from` begins. */
function spaceBefore(text: string, floor: number, from: number): number {
  let at = from
  while (at > floor && whitespace.includes(text.charAt(at - 1))) at -= 1
  return at
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
