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
export function prune(schema: z.core.$ZodType, value: unknown, path = ''): Pruned {
  const unknown: UnknownField[] = []
  return { value: walk(schema, value, path, unknown), unknown }
}

function walk(
  schema: z.core.$ZodType,
  value: unknown,
  path: string,
  unknown: UnknownField[],
): unknown {
  const inner = unwrap(schema)
  if (inner instanceof z.ZodObject && isJsonObject(value))
    return walkObject(inner, value, path, unknown)
  if (inner instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item, index) => walk(inner.element, item, `${path}[${index}]`, unknown))
  }
  if (inner instanceof z.ZodRecord && isJsonObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [
        key,
        walk(inner.valueType, child, joinPath(path, key), unknown),
      ]),
    )
  }
  return value
}

function walkObject(
  schema: z.ZodObject,
  value: Readonly<Record<string, unknown>>,
  path: string,
  unknown: UnknownField[],
): unknown {
  const kept: Record<string, unknown> = {}
  for (const [key, child] of Object.entries(value)) {
    const field: z.core.$ZodType | undefined = Object.hasOwn(schema.shape, key)
      ? schema.shape[key]
      : undefined
    const at = joinPath(path, key)
    if (field !== undefined) {
      const isOpaque = unwrap(field) instanceof z.ZodUnknown
      if (child !== null || isOpaque) kept[key] = walk(field, child, at, unknown)
    } else if (schema.def.catchall instanceof z.ZodUnknown) kept[key] = child
    else unknown.push({ path: at, name: key, known: Object.keys(schema.shape) })
  }
  return kept
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema
  while (
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodNullable ||
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodPrefault
  ) {
    inner = inner.unwrap()
  }
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
