import { GantryError } from '../core/errors.ts'
import { isJsonObject, jsonEqual } from '../core/json.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { mask } from '../core/redact.ts'
import type { Redactor } from '../core/redact.ts'
import type { Guarded } from './step-record.ts'

/** Encrypts what must not be read where it is kept. `open` throws when the text was changed. */
export interface TextSealer {
  seal(text: string): string
  open(sealed: string): string
}

/** Keeps values with secrets in them: masked in the open, whole only when sealed. */
export interface Vault {
  /**
   * `shown` is what may be seen of the value; live secrets are masked in it besides. `context` binds what is sealed to
   * its place: moved to another one it cannot be opened.
   */
  guard(value: Json, shown: Json, context: string): Guarded
  reveal(guarded: Guarded, context: string): Json
}

export function createVault(sealer: TextSealer, redactor: Redactor): Vault {
  return {
    guard(value, shown, context) {
      const safe = redactor.redactData(shown)
      if (jsonEqual(safe, value)) return { shown: safe }
      return { shown: safe, sealed: sealer.seal(JSON.stringify([context, value])) }
    },
    reveal({ shown, sealed }, context) {
      if (sealed === undefined) return shown
      // What was sealed here was JSON of this form.
      const [place, value] = JSON.parse(sealer.open(sealed)) as [string, Json]
      if (place !== context)
        throw new GantryError(
          'Invalid',
          `a sealed value of ${place} was put in place of ${context}`,
        )
      return value
    },
  }
}

/** The value with everything in it masked but its shape. */
export function maskAll(value: Json): Json {
  if (Array.isArray(value)) return value.map(maskAll)
  if (isJsonObject(value)) return mapValues(value, maskAll)
  return value === null ? null : mask
}

/** The value with what is found at these paths, like `a.b[0].c`, masked. */
export function maskFields(value: Json, fields: ReadonlySet<string>, path = ''): Json {
  if (fields.has(path)) return maskAll(value)
  if (Array.isArray(value))
    return value.map((item, index) => maskFields(item, fields, `${path}[${index}]`))
  if (!isJsonObject(value)) return value
  return mapValues(value, (item, key) =>
    maskFields(item, fields, path === '' ? key : `${path}.${key}`),
  )
}

/** The value with what is found at these dotted paths masked; a list on the way means each of its items. */
export function maskPaths(value: Json, paths: readonly string[]): Json {
  return paths.reduce((masked, path) => maskPath(masked, path.split('.')), value)
}

function maskPath(value: Json, [first, ...rest]: readonly string[]): Json {
  if (first === undefined) return maskAll(value)
  if (Array.isArray(value)) return value.map((item) => maskPath(item, [first, ...rest]))
  if (!isJsonObject(value) || !Object.hasOwn(value, first)) return value
  return mapValues(value, (item, key) => (key === first ? maskPath(item, rest) : item))
}

function mapValues(object: JsonObject, change: (value: Json, key: string) => Json): JsonObject {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, change(value, key)]],
    ),
  )
}

/** The strings of a value that are not in what is shown of it. */
export function hiddenStrings(value: Json, shown: Json): string[] {
  if (jsonEqual(value, shown)) return []
  if (Array.isArray(value) && Array.isArray(shown))
    return value.flatMap((item, index) => hiddenStrings(item, shown[index] ?? null))
  if (isJsonObject(value) && isJsonObject(shown))
    return Object.entries(value).flatMap(([key, item]) =>
      item === undefined ? [] : hiddenStrings(item, shown[key] ?? null),
    )
  return stringsIn(value)
}

/** All strings of a value, but its keys. */
export function stringsIn(value: Json): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(stringsIn)
  if (!isJsonObject(value)) return []
  return Object.values(value).flatMap((item) => (item === undefined ? [] : stringsIn(item)))
}
