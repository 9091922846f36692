/**
 * The pieces of the constraint grammar. A part's class holds `|` because the original library's does: it makes
 * `1 - 2||3 - 4` (without spaces around the bars) an error there, and so here.
 */
const part = '[0-9xX*|]+'
const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*'

/** A version in a constraint. Groups: major, minor, patch (each without its dot), prerelease (with its dash). */
export const versionPattern = `v?(${part})(?:\\.(${part}))?(?:\\.(${part}))?(-${identifiers})?(?:\\+${identifiers})?`

/** ASCII whitespace only, as RE2's `\s`. */
export const whitespace = ' \t\n\f\r'
const space = '[ \\t\\n\\f\\r]'

/** A term. Groups: operator, version, then those of the version. */
export const termPattern = `(=>|=<|!=|>=|<=|~>|[=<>~^]|)${space}*(${versionPattern})`

/** Where the whitespace that begins at `from` ends. */
export function spaceAfter(text: string, from: number): number {
  let at = from
  while (at < text.length && whitespace.includes(text.charAt(at))) at += 1
  return at
}
