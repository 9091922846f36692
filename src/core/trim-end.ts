/**
 * The text without what it ends in of these characters. By hand: a pattern such as `/x+$/` takes quadratic time on a
 * text that is full of `x` and ends otherwise.
 */
export function trimEndOf(text: string, characters: string): string {
  let end = text.length
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}
