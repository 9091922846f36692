/**
 * Picks the versions of every chart out of an `index.yaml`, line by line, without building the document: of each entry
 * only its `version` is kept. It knows the form that Helm and its servers write (block style under `entries:`, plain or
 * quoted scalars) and throws NotThisForm for anything else, so that a real parser can have it. Each of its patterns has one
 * way only to match a text: lines come from anywhere.
 */
export class NotThisForm extends Error {}

/** Longest line that is looked at. What is longer can only be a description; its head says what it is. */
export const maxLine = 64 * 1024

export interface LineScanner {
  line(text: string): void
  /** The last line was one of the entries; nothing came after them. */
  readonly isInEntries: boolean
  /** What was begun last, an entry or a chart, has no version so far. */
  readonly lacksVersion: boolean
  /** Versions by chart, in the order of the document. Throws NotThisForm. */
  end(): ReadonlyMap<string, readonly string[]>
}

export function createLineScanner(): LineScanner {
  const charts = new Map<string, string[]>()
  let section: 'before' | 'entries' | 'after' = 'before'
  let versions: string[] | undefined
  let nameIndent = -1
  /** Where the `-` of an entry stands, and its keys. */
  let dashIndent = -1
  let keyIndent = -1
  /** Lines that stand deeper than this belong to a block scalar, a multi-line scalar or a nested value. */
  let hasVersion = true
  /** Of what was begun last nothing but its name has come. */
  let isBare = false

  const endEntry = (): void => {
    if (!hasVersion) throw new NotThisForm('an entry without a version')
  }

  const key = (text: string): readonly [name: string, value: string] => {
    const match =
      /^("(?:[^"\\]|\\.)*"\s*|'(?:[^']|'')*'\s*|[^\s"'#&*!|>%@`{}[\],?:][^:#]*):(?:\s+(.*))?$/s.exec(
        text,
      )
    if (match === null) throw new NotThisForm('not a key')
    return [scalar(match[1] ?? ''), (match[2] ?? '').trim()]
  }

  const entryKey = (text: string): void => {
    if (!/^(?:version|"version"|'version')\s*:/.test(text)) return
    const [, value] = key(text)
    if (hasVersion || value === '') throw new NotThisForm('not one version')
    versions?.push(scalar(value))
    hasVersion = true
  }

  const inEntries = (indent: number, text: string): void => {
    if (nameIndent < 0) nameIndent = indent
    const isItem = text === '-' || text.startsWith('- ')
    if (indent === nameIndent && !isItem) {
      endEntry()
      const [name, value] = key(text)
      if (value !== '' && value !== '[]' && value !== 'null') throw new NotThisForm('not a list')
      if (charts.has(name)) throw new NotThisForm('a chart twice')
      versions = []
      charts.set(name, versions)
      dashIndent = -1
      keyIndent = -1
      isBare = value === ''
      return
    }
    if (versions === undefined || indent < nameIndent) throw new NotThisForm('not in a chart')
    if (isItem && (dashIndent < 0 || indent === dashIndent)) {
      endEntry()
      isBare = false
      dashIndent = indent
      const rest = text.slice(1)
      const body = rest.trimStart()
      if (body === '' || body.startsWith('#')) throw new NotThisForm('an empty item')
      keyIndent = indent + 1 + (rest.length - body.length)
      hasVersion = false
      if (/^[{[&*!]/.test(body)) throw new NotThisForm('not in block style')
      entryKey(body)
      return
    }
    if (dashIndent < 0) throw new NotThisForm('not a list')
    if (indent === keyIndent) entryKey(text)
    else if (indent < keyIndent) throw new NotThisForm('between two levels')
  }

  return {
    get isInEntries() {
      return section === 'entries'
    },
    get lacksVersion() {
      return !hasVersion || isBare
    },
    line(whole) {
      const line = whole.length > maxLine ? whole.slice(0, maxLine) : whole
      const text = line.trim()
      if (text === '' || text.startsWith('#')) return
      const indent = line.length - line.trimStart().length
      const tab = line.slice(0, indent).indexOf('\t')
      // Deeper than the keys it is within a text.
      if (tab >= 0 && section === 'entries' && keyIndent >= 0 && tab > keyIndent) return
      if (tab >= 0) throw new NotThisForm('a tab')
      if (indent === 0 && /^(?:---|\.\.\.)(?:\s|$)/.test(text)) {
        if (section === 'before' && text === '---') return
        throw new NotThisForm('several documents')
      }
      const isTop = indent === 0 && !(section === 'entries' && /^-(?:\s|$)/.test(text))
      if (isTop) {
        if (section === 'entries') {
          endEntry()
          section = 'after'
        }
        if (/^(?:entries|"entries"|'entries')\s*:/.test(text)) {
          const [, value] = key(text)
          if (section !== 'before' || !['', '{}', 'null'].includes(value)) {
            throw new NotThisForm('entries are not in block style')
          }
          section = value === '' ? 'entries' : 'after'
          isBare = value === ''
        } else if (/^[{[]/.test(text)) throw new NotThisForm('not in block style')
        return
      }
      if (section === 'entries') inEntries(indent, text)
    },
    end() {
      endEntry()
      if (section === 'before') throw new NotThisForm('there are no entries')
      return charts
    },
  }
}

/** A plain or quoted scalar on one line. */
function scalar(text: string): string {
  const [first = ''] = text
  if (first === '"') {
    const end = /^("(?:[^"\\]|\\.)*")\s*(?:#.*)?$/s.exec(text)?.[1]
    if (end === undefined) throw new NotThisForm('a text that goes on')
    try {
      const value: unknown = JSON.parse(end)
      if (typeof value === 'string') return value
    } catch {
      // YAML knows escapes that JSON does not.
    }
    throw new NotThisForm('a text with unusual escapes')
  }
  if (first === "'") {
    const inner = /^'((?:[^']|'')*)'\s*(?:#.*)?$/s.exec(text)?.[1]
    if (inner === undefined) throw new NotThisForm('a text that goes on')
    return inner.replaceAll("''", "'")
  }
  if (/^[&*!|>%@`{}[\],?]/.test(text)) throw new NotThisForm('not a plain scalar')
  return text.replace(/(?<!\s)\s+#.*$/s, '').trim()
}
