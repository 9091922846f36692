import { z } from 'zod'
import { isJsonObject } from '../json.ts'

/** A field that the schema does not know, and the names it knows in that place. */
export interface UnknownField {
  /** As in `spec.steps[2].confg`. */
  readonly path: string
  readonly name: string
  readonly known: readonly string[]
}

export interface Pruned {
  readonly value: unknown
  readonly unknown: readonly UnknownField[]
}

/**
 * The value without the fields that the schema does not know, and without nulls where a null means nothing, as
 * Kubernetes does it. Never throws; what has the wrong type is left for the schema to refuse.
 */
export function prune(schema: z.core.$ZodType, value: unknown, start = ''): Pruned {
  const unknown: UnknownField[] = []
  // Paths are only written out where they are needed: for most values, never.
  const path: (string | number)[] = []
  return { value: walk(schema, value, { start, path, unknown }), unknown }
}

interface Walk {
  readonly start: string
  /** From the start to where the walk is. */
  readonly path: (string | number)[]
  readonly unknown: UnknownField[]
}

function walk(schema: z.core.$ZodType, value: unknown, at: Walk): unknown {
  const inner = unwrap(schema)
  if (inner instanceof z.ZodObject && isJsonObject(value)) return walkObject(inner, value, at)
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item, index) => step(inner.element, item, index, at))
  }
  if (inner instanceof z.ZodRecord && isJsonObject(value)) {
    if (unwrap(inner.valueType) instanceof z.ZodUnknown) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, step(inner.valueType, child, key, at)]),
    )
  }
  return value
}

function step(schema: z.core.$ZodType, value: unknown, key: string | number, at: Walk): unknown {
  at.path.push(key)
  const result = walk(schema, value, at)
  at.path.pop()
  return result
}

function walkObject(
  schema: z.ZodObject,
  value: Readonly<Record<string, unknown>>,
  at: Walk,
): unknown {
  const { shape } = schema
  const kept: Record<string, unknown> = {}
  for (const [key, child] of Object.entries(value)) {
    const field = Object.hasOwn(shape, key) ? shape[key] : undefined
    if (field !== undefined) {
      const isOpaque = unwrap(field) instanceof z.ZodUnknown
      if (child !== null || isOpaque) kept[key] = step(field, child, key, at)
    } else if (schema.def.catchall instanceof z.ZodUnknown) kept[key] = child
    else {
      const path = formatPath([...at.path, key], at.start)
      at.unknown.push({ path, name: key, known: Object.keys(shape) })
    }
  }
  return kept
}

/** Schemas are made once, so what is inside of each is looked up once. */
const unwrapped = new WeakMap<z.core.$ZodType, z.core.$ZodType>()

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const known = unwrapped.get(schema)
  if (known !== undefined) return known
  let inner = schema
  while (
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodNullable ||
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodPrefault
  ) {
    inner = inner.unwrap()
  }
  unwrapped.set(schema, inner)
  return inner
}

/** `spec.steps` and `vars` make `spec.steps.vars`; keys that are no identifiers are quoted. */
export function joinPath(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`
  return path === '' ? key : `${path}.${key}`
}

/** The path of an issue, as in `spec.steps[2].config`. */
export function formatPath(path: readonly PropertyKey[], start = ''): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : joinPath(text, String(part))),
    start,
  )
}
