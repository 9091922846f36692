import { z } from 'zod'
import { GantryError } from '../../core/errors.ts'
import type { Json } from '../../core/json.ts'
import { describeIssues } from '../../core/schema-issues.ts'
import type { ReceivedRequest } from '../../receiver.ts'
import { header } from './header.ts'

/** The body as JSON. Throws BadRequest when it is none. */
export function parseBody(request: ReceivedRequest): Json {
  const { body } = request
  try {
    // What JSON.parse gives is JSON.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as Json
  } catch (cause) {
    const isForm = /^application\/x-www-form-urlencoded\b/i.test(header(request, 'Content-Type'))
    const fix = isForm ? ': choose the content type application/json at the sender' : ''
    throw new GantryError('BadRequest', `the body is not JSON${fix}`, { cause })
  }
}

/** What a receiver reads of a body. Throws BadRequest, naming the fields, when they are not as they should be. */
export function parsePayload<S extends z.ZodType>(
  request: ReceivedRequest,
  schema: S,
): z.output<S> {
  const value = parseBody(request)
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const details = describeIssues(parsed.error, value).slice(0, maxDetails)
  throw new GantryError('BadRequest', `the payload is malformed: ${details.join('; ')}`, {
    details,
    field: parsed.error.issues[0]?.path.map(String).join('.'),
  })
}

const maxDetails = 10

/** A list that is judged up to its first item that is wrong: a body has room for a million of them. */
export function listOf<S extends z.ZodType>(item: S, minItems = 0) {
  return z.preprocess((value) => {
    if (!Array.isArray(value)) return value
    const wrong = value.findIndex((each) => !item.safeParse(each).success)
    return wrong < 0 ? value : value.slice(0, wrong + 1)
  }, z.array(item).min(minItems))
}

/** The spellings of an address that are there. Throws BadRequest when there is none. */
export function spellings(
  what: string,
  ...urls: readonly (string | null | undefined)[]
): readonly string[] {
  const found = new Set(urls.flatMap((url) => (url === null || url === '' ? [] : (url ?? []))))
  if (found.size > 0) return [...found]
  throw new GantryError('BadRequest', `the payload does not name ${what}`)
}

/** The address of an image without its digest and tag, found in one pass however long it is. */
export function withoutTag(address: string): string {
  const [named = ''] = address.split('@', 1)
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  return colon < 0 ? named : named.slice(0, colon)
}
