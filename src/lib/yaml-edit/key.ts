/** One part of an update's key. */
export interface KeyPart {
  readonly text: string
  /** Position in a list, when the part can be one. */
  readonly index: number | undefined
}

/**
 * Splits a key at its dots. `\.` and `\:` stand for the plain characters, other backslashes for themselves; a `:` at the
 * front of a part is dropped, and makes it a name where it could be a position.
 */
export function parseKey(key: string): readonly KeyPart[] {
  const parts: string[] = ['']
  const append = (text: string): void => {
    parts.push(`${parts.pop() ?? ''}${text}`)
  }
  for (let at = 0; at < key.length; at += 1) {
    const char = key.charAt(at)
    const next = key.charAt(at + 1)
    if (char === '\\' && (next === '.' || next === ':')) {
      // Kept apart from a `:` that is a mark, until the parts are whole.
      append(next === ':' ? '\\:' : next)
      at += 1
    } else if (char === '.') parts.push('')
    else append(char)
  }
  return parts.map((part) => {
    const isName = part.startsWith(':')
    const text = (isName ? part.slice(1) : part).replaceAll('\\:', ':')
    return { text, index: !isName && /^\d{1,9}$/u.test(text) ? Number(text) : undefined }
  })
}
