import { GantryError, hasCode } from '../core/errors.ts'
import { FunctionValue, callError, fromJson, type Env, type Value } from '../core/expr/index.ts'
import type { HttpResponse } from '../core/http.ts'
import type { YamlReader } from '../core/yaml.ts'

/** The names of that environment. */
export const answerNames = {
  variables: ['response'],
  entries: { response: ['status', 'header', 'headers', 'body'] },
}

/** What expressions over an HTTP answer see: `response.status`, `.header(name)`, `.headers` and `.body`. */
export async function answerEnvironment(
  answer: HttpResponse,
  contentType: string | undefined,
  yaml: YamlReader,
): Promise<Env> {
  const raw = answer.rawHeaders ?? Object.entries(answer.headers)
  const lists = Map.groupBy(raw, ([name]) => canonical(name))
  const headers = Object.fromEntries(
    [...lists].map(([name, list]) => [name, list.map(([, value]) => value)]),
  )
  const header = new FunctionValue('header', (args) => {
    const [name] = args
    if (args.length !== 1 || typeof name !== 'string') {
      throw callError('header() takes one string')
    }
    return lists.get(canonical(name))?.[0]?.[1] ?? ''
  })
  const type = contentType ?? mediaType(answer.headers['content-type'])
  return {
    response: {
      status: BigInt(answer.status),
      header,
      headers,
      body: await decode(Buffer.from(answer.body).toString('utf8'), type, yaml),
    },
  }
}

async function decode(text: string, type: string, yaml: YamlReader): Promise<Value> {
  if (text === '') return {}
  switch (type) {
    case 'application/json':
      return fromJson(parseJson(text), { integers: 'float' })
    case 'application/yaml':
      return fromJson(await yaml.read(text, 'the response'), { integers: 'float' })
    case 'text/plain':
      return text.toWellFormed()
    default:
      try {
        return fromJson(parseJson(text), { integers: 'float' })
      } catch (error) {
        // Of a type that says nothing, whatever is not JSON counts as no body.
        if (hasCode(error, 'Invalid')) return {}
        throw error
      }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new GantryError('Invalid', `the response is not valid JSON: ${why}`, { cause })
  }
}

function mediaType(header: string | undefined): string {
  return (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/** `content-type` as Go writes it: `Content-Type`. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/gu, (match) => match.toUpperCase())
}

/** A query as Go encodes it: sorted by key, a space as `+`. */
export function encodeQuery(pairs: readonly (readonly [name: string, value: string])[]): string {
  return [...pairs]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${escapeQuery(name)}=${escapeQuery(value)}`)
    .join('&')
}

function escapeQuery(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/gu, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}
