import { toBase64 } from './expr/base64.ts'
import type { Json } from './json.ts'
import { trimEndOf } from './trim-end.ts'

/**
 * The registry of live secret values. Every sink (log, status, event, error, journal, API, child output) passes its
 * text through `redact`, so a secret that was read once is masked wherever it turns up, also in its base64, URL-encoded
 * and JSON-escaped forms.
 */

/** What stands where a secret stood. */
export const mask = '******'

/** Shorter values are not masked: they would mask innocent text. */
const minSecretBytes = 8

export interface Redactor {
  /** Registers a live secret value. Values below 8 bytes are ignored. */
  add(secret: string): void
  /** Forgets a value that is worth nothing any more, such as an expired token. */
  remove(secret: string): void
  /** The text with each registered secret, in each of its forms, replaced by the mask. */
  redact(text: string): string
  /** The same for every string inside a JSON-like value. Keys are kept: they are ours, or a schema's. */
  redactValue<T>(value: T): T
  /** The same, with the keys: for values whose keys come from outside too, such as what a step puts out. */
  redactData(value: Json): Json
}

export function createRedactor(): Redactor {
  const formsOf = new Map<string, readonly string[]>()
  let ordered: readonly string[] = []

  const sort = (): void => {
    ordered = [...new Set([...formsOf.values()].flat())].sort((a, b) => b.length - a.length)
  }

  const redact = (text: string): string => {
    let result = text
    for (const form of ordered) if (result.includes(form)) result = result.replaceAll(form, mask)
    return result
  }

  const walk = (value: unknown, ofKey: (key: string) => string): unknown => {
    if (typeof value === 'string') return redact(value)
    if (Array.isArray(value)) return value.map((item) => walk(item, ofKey))
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value)
    return Object.fromEntries(entries.map(([key, child]) => [ofKey(key), walk(child, ofKey)]))
  }

  return {
    add(secret) {
      if (new TextEncoder().encode(secret).length < minSecretBytes || formsOf.has(secret)) return
      formsOf.set(secret, secretForms(secret))
      sort()
    },
    remove(secret) {
      if (formsOf.delete(secret)) sort()
    },
    redact,
    // The walk keeps the shape of what it is given: strings stay strings, objects keep their keys.
    redactValue: <T>(value: T): T =>
      ordered.length === 0 ? value : (walk(value, (key) => key) as T),
    redactData: (value) => (ordered.length === 0 ? value : (walk(value, redact) as Json)),
  }
}

function secretForms(secret: string): readonly string[] {
  const bytes = new TextEncoder().encode(secret)
  const base64 = trimEndOf(toBase64(bytes), '=')
  const lines = secret.split('\n').filter((line) => line.length >= minSecretBytes)
  return [
    secret,
    ...lines,
    base64,
    base64.replaceAll('+', '-').replaceAll('/', '_'),
    encodeURIComponent(secret.toWellFormed()),
    encodeURI(secret.toWellFormed()),
    JSON.stringify(secret).slice(1, -1),
    ...shownOfAddress(secret),
  ].filter((form) => form.length >= minSecretBytes)
}

/** What messages show of an address that is a secret itself, as those with a key in their path are: not its query. */
function shownOfAddress(secret: string): readonly string[] {
  const { protocol, origin, pathname, search } = URL.parse(secret) ?? {}
  const isShown = (protocol === 'https:' || protocol === 'http:') && search !== ''
  return isShown && pathname !== '/' ? [`${origin}${pathname}`] : []
}
