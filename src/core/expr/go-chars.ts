/** Character classes as Go's unicode package has them. */

const letter = /^\p{L}$/u
const digit = /^\p{Nd}$/u
const space = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/

export function isLetter(char: string): boolean {
  const code = char.charCodeAt(0)
  if (code < 0x80) return (code >= 97 && code <= 122) || (code >= 65 && code <= 90)
  return letter.test(char)
}

export function isDigit(char: string): boolean {
  const code = char.charCodeAt(0)
  if (code < 0x80) return code >= 48 && code <= 57
  return digit.test(char)
}

/** Unicode's White_Space. */
export function isSpace(char: string): boolean {
  return space.test(char)
}

/** The text without White_Space at both ends. */
export function trimSpace(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isSpace(text.charAt(from))) from++
  while (to > from && isSpace(text.charAt(to - 1))) to--
  return text.slice(from, to)
}
