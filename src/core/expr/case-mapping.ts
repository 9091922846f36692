/** Upper and lower case by Unicode's simple mapping: one code point for one, so `ß` stays `ß`. */

/** Capital letters whose full mapping is two letters, but whose simple mapping is the capital eight above. */
const iotaCapitals = /^[\u1f80-\u1f87\u1f90-\u1f97\u1fa0-\u1fa7]$/
const iotaOthers: Readonly<Record<string, string>> = {
  '\u1fb3': '\u1fbc',
  '\u1fc3': '\u1fcc',
  '\u1ff3': '\u1ffc',
}

export function mapCase(text: string, to: 'upper' | 'lower'): string {
  let result = ''
  for (const char of text) result += mapChar(char, to)
  return result
}

function mapChar(char: string, to: 'upper' | 'lower'): string {
  const code = char.codePointAt(0) ?? 0
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd'
  const mapped = to === 'upper' ? char.toUpperCase() : char.toLowerCase()
  if (mapped.length === char.length && String.fromCodePoint(mapped.codePointAt(0) ?? 0) === mapped)
    return mapped
  if (to === 'lower') return char === '\u0130' ? 'i' : char
  if (iotaCapitals.test(char)) return String.fromCodePoint(code + 8)
  return iotaOthers[char] ?? char
}
