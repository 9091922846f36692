import { RE2JS } from 're2js'
import { GantryError } from './errors.ts'
import { regexSize } from './regex-size.ts'

/**
 * Users' regular expressions and globs, both on RE2: no input can make them slow. Globs are doublestar's: `*` and `?`
 * stay within one path segment, a whole segment `**` spans any number of them (also none), `{a,b}` and `[a-z]` work.
 */
export interface Pattern {
  /** What the user wrote. */
  readonly source: string
  test(text: string): boolean
  /** Where the leftmost match begins; undefined when there is none. */
  indexIn(text: string): number | undefined
}

/** Longer patterns are refused: their programs would cost more memory than any real one. */
const maxPatternLength = 4096
const maxPatternSize = 10_000

/** An RE2 expression, searched anywhere in the text (anchor it with `^` and `$`). Throws Invalid. */
export function compileRegex(source: string): Pattern {
  return compile(source, source, 'regular expression')
}

/** A doublestar glob, matched against the whole text. Throws Invalid when it is malformed. */
export function compileGlob(source: string): Pattern {
  return compile(source, globToRegex(source), 'glob')
}

function compile(source: string, expression: string, what: string): Pattern {
  if (source.length > maxPatternLength) {
    throw new GantryError(
      'Invalid',
      `cannot use a ${what} of ${source.length} characters: at most ${maxPatternLength} are allowed`,
    )
  }
  if (regexSize(expression) > maxPatternSize) {
    throw new GantryError('Invalid', `cannot use the ${what} "${source}": it repeats too much`)
  }
  try {
    const program = RE2JS.compile(expression)
    return {
      source,
      test: (text) => program.test(text),
      indexIn(text) {
        const matcher = program.matcher(text)
        return matcher.find() ? matcher.start() : undefined
      },
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new GantryError('Invalid', `cannot compile the ${what} "${source}": ${why}`, { cause })
  }
}

/** The RE2 text of a glob, anchored at both ends. Throws Invalid when the glob is malformed. */
function globToRegex(glob: string): string {
  let out = ''
  let depth = 0
  for (let at = 0; at < glob.length;) {
    const char = glob.charAt(at)
    if (isSegmentEnd(glob, at) && glob.startsWith('/**', at) && isBoundary(glob, at + 3)) {
      out += '(?:/.*)?'
      at += 3
    } else if (glob.startsWith('**', at) && isSegmentStart(glob, at) && isBoundary(glob, at + 2)) {
      const more = glob.charAt(at + 2) === '/'
      out += more ? '(?:.*/)?' : '.*'
      at += more ? 3 : 2
    } else if (char === '*') {
      out += '[^/]*'
      while (glob.charAt(at) === '*') at += 1
    } else if (char === '?') {
      out += '[^/]'
      at += 1
    } else if (char === '[') {
      const end = classEnd(glob, at)
      out += classToRegex(glob.slice(at + 1, end))
      at = end + 1
    } else if (char === '{') {
      out += '(?:'
      depth += 1
      at += 1
    } else if (char === '}') {
      if (depth === 0) throw malformed(glob, 'a "}" without "{"')
      out += ')'
      depth -= 1
      at += 1
    } else if (char === ',' && depth > 0) {
      out += '|'
      at += 1
    } else {
      const escaped = char === '\\'
      if (escaped && at + 1 >= glob.length) throw malformed(glob, 'it ends in a lone "\\"')
      out += RE2JS.quote(glob.charAt(escaped ? at + 1 : at))
      at += escaped ? 2 : 1
    }
  }
  if (depth > 0) throw malformed(glob, 'a "{" is never closed')
  return `(?s)^(?:${out})$`
}

/** `/**` at the end of the pattern or of an alternative also matches the folder itself. */
function isSegmentEnd(glob: string, at: number): boolean {
  return at + 3 >= glob.length || ',}'.includes(glob.charAt(at + 3))
}

function isSegmentStart(glob: string, at: number): boolean {
  return at === 0 || '/{,'.includes(glob.charAt(at - 1))
}

function isBoundary(glob: string, at: number): boolean {
  return at >= glob.length || '/,}'.includes(glob.charAt(at))
}

function classEnd(glob: string, open: number): number {
  let at = open + 1
  if ('!^'.includes(glob.charAt(at))) at += 1
  if (at >= glob.length || glob.charAt(at) === ']') throw malformed(glob, 'an empty "[]"')
  for (; at < glob.length; at += 1) {
    if (glob.charAt(at) === '\\') at += 1
    else if (glob.charAt(at) === ']') return at
  }
  throw malformed(glob, 'a "[" is never closed')
}

function classToRegex(body: string): string {
  const negated = body.startsWith('!') || body.startsWith('^')
  const members = (negated ? body.slice(1) : body).replace(/\\(.)|[[\]^&~]/gsu, classMember)
  return negated ? `[^/${members}]` : `[${members}]`
}

function classMember(match: string, escaped: string | undefined): string {
  const char = escaped ?? match
  return /\w/u.test(char) ? char : `\\${char}`
}

function malformed(glob: string, why: string): GantryError {
  return new GantryError('Invalid', `malformed glob "${glob}": ${why}`)
}
