import { z } from 'zod'
import { isJsonObject } from '../json.ts'

/** A field that the schema does not know, and the names it knows in that place. */
export interface UnknownField {
  /** As in `spec.steps[2].confg`. */
  readonly path: string
  readonly name: string
  readonly known: readonly string[]
  /** It stands there, but holds nothing. */
  readonly isNull: boolean
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
  const form = formOf(schema)
  if (form.type === 'object' && isJsonObject(value)) return walkObject(form, value, at)
  if (form.type === 'array' && Array.isArray(value)) {
    return value.map((item, index) => step(form.element, item, index, at))
  }
  if (form.type === 'record' && isJsonObject(value)) {
    if (formOf(form.value).type === 'anything') return value
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, step(form.value, child, key, at)]),
    )
  }
  return value
}

function step(schema: z.core.$ZodType, value: unknown, key: string | number, at: Walk): unknown {
  // Most values are texts and numbers: there is nothing in them.
  if (typeof value !== 'object' || value === null) return value
  at.path.push(key)
  const result = walk(schema, value, at)
  at.path.pop()
  return result
}

function walkObject(
  { shape, isOpen }: Extract<Form, { readonly type: 'object' }>,
  value: Readonly<Record<string, unknown>>,
  at: Walk,
): unknown {
  const kept: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const child = value[key]
    const field = shape.get(key)
    if (field !== undefined) {
      if (child !== null || formOf(field).type === 'anything')
        kept[key] = step(field, child, key, at)
    } else if (isOpen) kept[key] = child
    else {
      const path = formatPath([...at.path, key], at.start)
      at.unknown.push({ path, name: key, known: [...shape.keys()], isNull: child === null })
    }
  }
  return kept
}

/** What a schema is beneath everything optional, as far as the walk needs to know it. */
type Form =
  | {
      readonly type: 'object'
      readonly shape: ReadonlyMap<string, z.core.$ZodType>
      /** It takes fields of any name. */
      readonly isOpen: boolean
    }
  | { readonly type: 'array'; readonly element: z.core.$ZodType }
  | { readonly type: 'record'; readonly value: z.core.$ZodType }
  | { readonly type: 'anything' }
  | { readonly type: 'other' }

/** Schemas are made once, so what each is, is found out once. */
const forms = new WeakMap<z.core.$ZodType, Form>()

function formOf(schema: z.core.$ZodType): Form {
  const known = forms.get(schema)
  if (known !== undefined) return known
  const form = inspect(schema)
  forms.set(schema, form)
  return form
}

function inspect(schema: z.core.$ZodType): Form {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  )
    return formOf(schema.unwrap())
  if (schema instanceof z.ZodObject) {
    const isOpen = schema.def.catchall instanceof z.ZodUnknown
    return { type: 'object', shape: new Map(Object.entries(schema.shape)), isOpen }
  }
  if (schema instanceof z.ZodArray) return { type: 'array', element: schema.element }
  if (schema instanceof z.ZodRecord) return { type: 'record', value: schema.valueType }
  return schema instanceof z.ZodUnknown ? { type: 'anything' } : { type: 'other' }
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
