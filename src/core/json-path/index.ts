import { type Json, isJsonObject, jsonEqual, jsonText } from '../json.ts'
import { type Operand, type Part, type Path, type Step, parseTemplate } from './parse.ts'

/** JSONPath templates as kubectl's `-o jsonpath` has them. What is not there prints nothing. */
export interface JsonPathTemplate {
  /** The template with its paths replaced; several results of one path stand with blanks between them. */
  print(document: Json): string
  /** Every result of every path. */
  find(document: Json): readonly Json[]
}

/** Throws BadRequest. */
export function compileJsonPath(template: string): JsonPathTemplate {
  const parts = parseTemplate(template)
  return {
    print: (document) => printParts(parts, document, document),
    find: (document) => findParts(parts, document, document),
  }
}

function printParts(parts: readonly Part[], root: Json, current: Json): string {
  return parts
    .map((part) => {
      if ('text' in part) return part.text
      if ('path' in part) return resultsIn(part.path, root, current).map(jsonText).join(' ')
      const values = resultsIn(part.range, root, current)
      return values.map((value) => printParts(part.body, root, value)).join('')
    })
    .join('')
}

function findParts(parts: readonly Part[], root: Json, current: Json): readonly Json[] {
  return parts.flatMap((part): readonly Json[] => {
    if ('text' in part) return []
    if ('path' in part) return resultsIn(part.path, root, current)
    const values = resultsIn(part.range, root, current)
    return values.flatMap((value) => findParts(part.body, root, value))
  })
}

function resultsIn({ from, steps }: Path, root: Json, current: Json): readonly Json[] {
  const start = from === 'root' ? root : current
  return steps.reduce<readonly Json[]>(
    (values, step) => values.flatMap((value) => take(step, value, root)),
    [start],
  )
}

function take(step: Step, value: Json, root: Json): readonly Json[] {
  switch (step.kind) {
    case 'fields':
      return step.names.flatMap((name) => fieldOf(value, name))
    case 'all':
      return childrenOf(value)
    case 'deep':
      return [value, ...childrenOf(value).flatMap((child) => take(step, child, root))]
    case 'items':
      return Array.isArray(value) ? step.indexes.flatMap((index) => present(value.at(index))) : []
    case 'slice': {
      const { from, to, by = 1 } = step
      const items = Array.isArray(value) ? value.slice(from, to) : []
      return items.filter((_, index) => by > 0 && index % by === 0)
    }
    case 'filter':
      return Array.isArray(value) ? value.filter((item) => isKept(step, item, root)) : []
  }
}

function fieldOf(value: Json, name: string): readonly Json[] {
  return present(isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined)
}

function present(value: Json | undefined): readonly Json[] {
  return value === undefined ? [] : [value]
}

function childrenOf(value: Json): readonly Json[] {
  if (Array.isArray(value)) return value
  return isJsonObject(value) ? Object.values(value).flatMap(present) : []
}

function isKept(
  { left, test }: Extract<Step, { kind: 'filter' }>,
  item: Json,
  root: Json,
): boolean {
  const found = valuesOf(left, item, root)
  if (test === undefined) return found.length > 0
  const [a] = found
  const [b] = valuesOf(test.right, item, root)
  if (a === undefined || b === undefined) return false
  switch (test.operator) {
    case '==':
      return jsonEqual(a, b)
    case '!=':
      return !jsonEqual(a, b)
    case '<':
      return order(a, b) < 0
    case '<=':
      return order(a, b) <= 0
    case '>':
      return order(a, b) > 0
    case '>=':
      return order(a, b) >= 0
  }
}

function valuesOf(operand: Operand, item: Json, root: Json): readonly Json[] {
  return 'value' in operand ? [operand.value] : resultsIn(operand, root, item)
}

/** Of two numbers or two texts; NaN, which is neither more nor less, for anything else. */
function order(a: Json, b: Json): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a !== 'string' || typeof b !== 'string') return Number.NaN
  return a < b ? -1 : Number(a > b)
}
