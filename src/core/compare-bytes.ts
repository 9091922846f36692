/** The order of UTF-8 bytes. Code units disagree only where surrogates meet U+E000 and above. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0
  for (let at = 0; at < a.length && at < b.length; at += 1) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left === right) continue
    const isLeftSurrogate = left >= 0xd800 && left <= 0xdfff
    const isRightSurrogate = right >= 0xd800 && right <= 0xdfff
    if (isLeftSurrogate !== isRightSurrogate) return isLeftSurrogate ? 1 : -1
    return left < right ? -1 : 1
  }
  return a.length < b.length ? -1 : 1
}
