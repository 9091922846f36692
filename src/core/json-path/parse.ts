import { GantryError } from '../errors.ts'

/** A template: text, paths in braces, and ranges over the results of a path. */
export type Part =
  | { readonly text: string }
  | { readonly path: Path }
  | { readonly range: Path; readonly body: readonly Part[] }

/** From the whole document (`$`), or from the value that a range or a filter is at. */
export interface Path {
  readonly from: 'root' | 'current'
  readonly steps: readonly Step[]
}

export type Step =
  | { readonly kind: 'fields'; readonly names: readonly string[] }
  | { readonly kind: 'items'; readonly indexes: readonly number[] }
  | { readonly kind: 'slice'; readonly from?: number; readonly to?: number; readonly by?: number }
  | { readonly kind: 'all' }
  /** The value and everything in it. */
  | { readonly kind: 'deep' }
  | { readonly kind: 'filter'; readonly left: Operand; readonly test?: Test }

export interface Test {
  readonly operator: (typeof operators)[number]
  readonly right: Operand
}
export type Operand = Path | { readonly value: string | number | boolean | null }

const operators = ['==', '!=', '<=', '>=', '<', '>'] as const

/** Reads a JSONPath template as kubectl has it: `{.items[*].metadata.name}`. Throws BadRequest. */
export function parseTemplate(template: string): readonly Part[] {
  const open: { readonly range: Path; readonly body: Part[] }[] = []
  const top: Part[] = []
  const add = (part: Part): void => void (open.at(-1)?.body ?? top).push(part)
  let at = 0
  while (at < template.length) {
    const brace = template.indexOf('{', at)
    const end = brace < 0 ? template.length : brace
    if (end > at) add({ text: template.slice(at, end) })
    if (brace < 0) break
    const close = closingBrace(template, brace + 1)
    const content = template.slice(brace + 1, close).trim()
    at = close + 1
    const range = /^range\s+([^]*)$/.exec(content)?.[1]
    const done = content === 'end' ? open.pop() : undefined
    if (content === 'end' && done === undefined) throw wrong(template, '{end} without {range}')
    else if (done !== undefined) add(done)
    else if (range !== undefined) open.push({ range: parsePath(range), body: [] })
    else if (/^["']/.test(content)) add({ text: parseQuoted(content) })
    else add({ path: parsePath(content) })
  }
  if (open.length > 0) throw wrong(template, '{range} without {end}')
  return top
}

function closingBrace(template: string, from: number): number {
  let quote = ''
  for (let at = from; at < template.length; at += 1) {
    const char = template.charAt(at)
    if (char === '\\') at += 1
    else if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if (char === '}') return at
  }
  throw wrong(template, 'a { without }')
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

function parseQuoted(text: string): string {
  if (text.length < 2 || !text.endsWith(text.charAt(0)))
    throw wrong(text, 'a quote without its end')
  return text.slice(1, -1).replaceAll(/\\(.)/gsu, (_, char: string) => escapes[char] ?? char)
}

function parsePath(text: string): Path {
  const start = /^[$@]/.test(text) ? 1 : 0
  const steps: Step[] = []
  let at = start
  while (at < text.length) {
    const rest = text.slice(at)
    if (rest.startsWith('..')) {
      steps.push({ kind: 'deep' })
      // `..[0]` goes on with brackets, `..name` as if after one dot.
      at += rest.charAt(2) === '[' ? 2 : 1
    } else if (rest.startsWith('[')) {
      const end = closingBracket(text, at)
      steps.push(parseBrackets(text.slice(at + 1, end).trim()))
      at = end + 1
    } else if (rest.startsWith('.')) {
      const name = /^(?:\\.|[^\s.,[\]{}$@\\])*/su.exec(rest.slice(1))?.[0] ?? ''
      if (name === '' && text !== '.') throw wrong(text, 'a dot without a name')
      if (name === '*') steps.push({ kind: 'all' })
      else if (name !== '')
        steps.push({ kind: 'fields', names: [name.replaceAll(/\\(.)/gsu, '$1')] })
      at += 1 + name.length
    } else throw wrong(text, `what begins with ${JSON.stringify(rest.slice(0, 10))} is no path`)
  }
  if (text === '') throw wrong('{}', 'nothing is in the braces')
  return { from: text.startsWith('$') ? 'root' : 'current', steps }
}

function closingBracket(text: string, from: number): number {
  let depth = 0
  let quote = ''
  for (let at = from; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '\\') at += 1
    else if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if (char === '[') depth += 1
    else if (char === ']') depth -= 1
    if (depth === 0) return at
  }
  throw wrong(text, 'a [ without ]')
}

function parseBrackets(text: string): Step {
  if (text === '*') return { kind: 'all' }
  const filter = /^\?\(([^]*)\)$/.exec(text)?.[1]
  if (filter !== undefined) return parseFilter(filter.trim())
  if (/^["']/.test(text)) {
    const names = text.match(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/gsu) ?? []
    if (names.length > 0) return { kind: 'fields', names: names.map(parseQuoted) }
  }
  if (/^-?\d+(\s*,\s*-?\d+)*$/.test(text))
    return { kind: 'items', indexes: text.split(',').map(Number) }
  const slice = /^(-?\d+)?:(-?\d+)?(?::(\d+))?$/.exec(text)
  if (slice === null) throw wrong(`[${text}]`, 'it is no index, name, slice or filter')
  const [from, to, by] = slice
    .slice(1)
    .map((each) => (each === undefined ? undefined : Number(each)))
  return {
    kind: 'slice',
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(by !== undefined && { by }),
  }
}

function parseFilter(text: string): Step {
  const found = /("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(==|!=|<=|>=|<|>)/gsu
  for (const match of text.matchAll(found)) {
    const operator = operators.find((each) => each === match[2])
    if (operator === undefined) continue
    const left = parseOperand(text.slice(0, match.index).trim())
    const right = parseOperand(text.slice(match.index + operator.length).trim())
    return { kind: 'filter', left, test: { operator, right } }
  }
  return { kind: 'filter', left: parseOperand(text) }
}

function parseOperand(text: string): Operand {
  if (/^["']/.test(text)) return { value: parseQuoted(text) }
  if (/^-?\d+(\.\d+)?$/.test(text)) return { value: Number(text) }
  if (text === 'true' || text === 'false') return { value: text === 'true' }
  if (text === 'null') return { value: null }
  return parsePath(text)
}

function wrong(text: string, why: string): GantryError {
  return new GantryError('BadRequest', `cannot read the JSONPath ${JSON.stringify(text)}: ${why}`, {
    field: 'output',
  })
}
