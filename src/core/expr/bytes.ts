/**
 * Byte strings in UTF-16. A string is ordinary text, except that a byte which is no part of valid UTF-8 is held as the
 * lone surrogate U+DC00 + byte (U+DC80..U+DCFF). So ordinary text costs nothing, and any byte survives slicing and
 * joining. Any other lone surrogate counts as U+FFFD, as when Go reads it from JSON.
 */

const encoder = new TextEncoder()
const escapeFirst = 0xdc80
const escapeLast = 0xdcff
const escapeBase = 0xdc00

const ascii = /^[\0-\x7f]*$/

/** True when every character is one byte, so that offsets in bytes and in UTF-16 units are the same. */
export function isAscii(text: string): boolean {
  return ascii.test(text)
}

/** The bytes of a string. */
export function toBytes(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text)
  const bytes: number[] = []
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit >= escapeFirst && unit <= escapeLast) {
      bytes.push(unit - escapeBase)
      continue
    }
    const isPair = unit >= 0xd800 && unit <= 0xdbff && isLowSurrogate(text.charCodeAt(at + 1))
    for (const byte of encoder.encode(isPair ? text.slice(at, at + 2) : text.charAt(at)))
      bytes.push(byte)
    if (isPair) at++
  }
  return Uint8Array.from(bytes)
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The string of these bytes. */
export function fromBytes(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes)
  } catch {
    return fromBrokenBytes(bytes)
  }
}

function fromBrokenBytes(bytes: Uint8Array): string {
  const parts: string[] = []
  let at = 0
  while (at < bytes.length) {
    const size = validSequence(bytes, at)
    if (size === 0) {
      parts.push(String.fromCharCode(escapeBase + (bytes[at] ?? 0)))
      at++
    } else {
      let end = at + size
      for (let next = validSequence(bytes, end); next > 0; next = validSequence(bytes, end))
        end += next
      parts.push(strictDecoder.decode(bytes.subarray(at, end)))
      at = end
    }
  }
  return parts.join('')
}

/** Length of the valid UTF-8 sequence that starts here; 0 when there is none. */
function validSequence(bytes: Uint8Array, at: number): number {
  const first = bytes[at]
  if (first === undefined) return 0
  if (first < 0x80) return 1
  const size =
    first >= 0xc2 && first <= 0xdf
      ? 2
      : first >= 0xe0 && first <= 0xef
        ? 3
        : first >= 0xf0 && first <= 0xf4
          ? 4
          : 0
  if (size === 0) return 0
  const second = bytes[at + 1] ?? 0
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return 0
  for (let index = 2; index < size; index++) {
    const next = bytes[at + index] ?? 0
    if (next < 0x80 || next > 0xbf) return 0
  }
  return size
}

/** A string put together from parts: halves of a character that met become that character. */
export function joined(text: string): string {
  return text.isWellFormed() ? text : fromBytes(toBytes(text))
}

/** Number of bytes. */
export function byteLength(text: string): number {
  if (isAscii(text)) return text.length
  let count = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (
      unit < 0x80 ||
      (unit >= escapeFirst && unit <= escapeLast && !isHighSurrogate(text.charCodeAt(at - 1)))
    )
      count++
    else if (unit < 0x800) count += 2
    else if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(at + 1))) {
      count += 4
      at++
    } else count += 3
  }
  return count
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

/** Number of code points; a byte that is no text counts as one. */
export function runeLength(text: string): number {
  if (isAscii(text)) return text.length
  let count = 0
  for (let at = 0; at < text.length; at++) {
    count++
    if (isHighSurrogate(text.charCodeAt(at)) && isLowSurrogate(text.charCodeAt(at + 1))) at++
  }
  return count
}

/** The code points of a string, each as a string of its own. */
export function runes(text: string): string[] {
  return Array.from(text)
}

/** Order of two strings by their bytes: below, equal to or above zero. */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  let at = 0
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) at++
  const left = a.charCodeAt(at)
  const right = b.charCodeAt(at)
  // Below the surrogates, units, code points and UTF-8 bytes are ordered alike.
  if (at === length) return a.length - b.length
  if (left < 0xd800 && right < 0xd800) return left - right
  return compareArrays(toBytes(a), toBytes(b))
}

function compareArrays(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/**
 * Two strings for searching one in the other. Where one holds a byte that is no text, both are turned into one
 * character per byte, so that half a character is found in a whole one.
 */
export function searchable(text: string, part: string): readonly [string, string] {
  if (part.isWellFormed()) return [text, part]
  return [oneUnitPerByte(text), oneUnitPerByte(part)]
}

function oneUnitPerByte(text: string): string {
  let units = ''
  for (const byte of toBytes(text)) units += String.fromCharCode(byte)
  return units
}
