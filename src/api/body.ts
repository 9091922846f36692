import { GantryError } from '../core/errors.ts'
import { describeIssues } from '../core/schema-issues.ts'
import { readBounded } from '../lib/bounded-body.ts'
import type { BodyRule } from './operation.ts'

/** The body as the rule says. Too large ones are refused while they are read, before anything parses them. */
export async function readBody(request: Request, rule: BodyRule | undefined): Promise<unknown> {
  if (rule === undefined) return undefined
  const text = await readText(request, rule.maxBytes)
  if (rule.type === 'text') return text
  if (text.trim() === '' && rule.optional) return undefined
  const value = parseJson(text)
  if (rule.schema === undefined) return value
  const parsed = rule.schema.safeParse(value)
  if (parsed.success) return parsed.data
  const details = describeIssues(parsed.error, value)
  throw new GantryError('BadRequest', `the request body is not valid: ${details.join('; ')}`, {
    details,
    field: parsed.error.issues[0]?.path.map(String).join('.') || undefined,
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    throw new GantryError('BadRequest', 'the request body is not JSON', { cause: thrown })
  }
}

async function readText(request: Request, maxBytes: number): Promise<string> {
  const tooLarge = (): GantryError =>
    new GantryError('TooLarge', `the request body is larger than ${maxBytes} bytes`)
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge()
  const bytes = await readBounded(request.body, maxBytes, tooLarge)
  return new TextDecoder('utf-8', { fatal: false }).decode(bytes)
}
