import { z } from 'zod'
import { parseDuration } from '../core/duration.ts'
import { GantryError, hasCode } from '../core/errors.ts'
import type { HttpInit, HttpResponse } from '../core/http.ts'
import { isJsonObject, type JsonObject } from '../core/json.ts'
import { answerEnvironment, answerNames, encodeQuery } from '../lib/http-answer.ts'
import { brokenCriterion, judgeAnswer } from '../lib/http-verdict.ts'
import { OutputExpressions } from '../lib/outputs.ts'
import {
  defineStep,
  type FindResult,
  type StepCapabilities,
  type StepContext,
  type StepResult,
} from '../step.ts'

const Pair = z.strictObject({
  name: z.string().min(1).describe('Name'),
  value: z.string().min(1).describe('Value'),
})
/** Kargo's rule, anything with a digit before a unit in it, in a form that takes no longer for more digits. */
const Duration = z.string().regex(/[0-9](ns|us|µs|ms|s|m|h)/u)

const Config = z
  .strictObject({
    url: z.string().min(1).describe('Where to send the request'),
    method: z
      .enum(['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'])
      .optional()
      .describe('Default GET'),
    headers: z
      .array(Pair)
      .optional()
      .describe(
        'Headers to send. Host, Content-Length, Transfer-Encoding and Trailer follow from address and body, and are left out',
      ),
    queryParams: z.array(Pair).optional().describe('Added to the query of the URL'),
    body: z.string().optional().describe('The body, as a text'),
    bodyFromFile: z.string().min(1).optional().describe('File that holds the body, at most 2 MiB'),
    insecureSkipTLSVerify: z.boolean().optional().describe('Accept any TLS certificate'),
    proxy: z
      .string()
      .regex(/^https?:\/\//u)
      .optional()
      .describe('Proxy to go through'),
    timeout: Duration.optional().describe('For the whole request; default 10s'),
    pollInterval: Duration.optional().describe('Until the next request while waiting; default 30s'),
    responseContentType: z
      .enum(['application/json', 'application/yaml', 'text/plain'])
      .optional()
      .describe('How to read the response, whatever it says of itself'),
    successExpression: z.string().optional().describe('True: the step succeeded'),
    failureExpression: z.string().optional().describe('True: the step failed for good'),
    errorExpression: z.string().optional().describe('What the message of a failure says'),
    outputs: OutputExpressions.optional().describe('Outputs, composed from the response'),
  })
  .refine(({ body, bodyFromFile }) => !(body && bodyFromFile), {
    message: 'Must validate one and only one schema (oneOf)',
    params: { rule: 'body and bodyFromFile exclude each other' },
  })

type Config = z.output<typeof Config>
type Context = StepContext & Pick<StepCapabilities, 'http' | 'yaml'>

const maxBytes = 2 * 1024 * 1024

/** They follow from address and body. Kargo leaves them out in silence. */
const ownHeaders: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'trailer',
])

export default defineStep({
  kind: 'http',
  summary: 'Send an HTTP request, and wait until its response says what it should.',
  effect: 'remote',
  needs: ['http', 'yaml'],
  config: Config,
  output: z.record(z.string(), z.unknown()),
  expressions: [
    'successExpression',
    'failureExpression',
    'errorExpression',
    'outputs[].fromExpression',
  ].map((path) => ({ path, names: answerNames })),
  example: {
    method: 'POST',
    url: 'https://example.com/api/deployments',
    body: '{"version": "v1.2.3"}',
    successExpression: 'response.status == 201',
    outputs: [{ name: 'id', fromExpression: 'response.body.id' }],
  },

  async run(ctx, config) {
    const wrong = brokenCriterion(config)
    if (wrong !== undefined) return broken(wrong)
    const request = await buildRequest(ctx, config)
    if (request instanceof GantryError) return broken(request)
    return send(ctx, config, request)
  },

  find(ctx, config): Promise<FindResult> {
    const { state, result } = readHandle(ctx.handle)
    if (result !== undefined) return Promise.resolve({ state: 'found', result })
    const message = `${showRequest(config)} may have been received`
    const isUnsure = state === 'sending' || state === 'answered'
    return Promise.resolve(isUnsure ? { state: 'unknown', message } : { state: 'absent' })
  },

  plan(_ctx, config) {
    return Promise.resolve({ summary: `send ${showRequest(config)}` })
  },
})

interface Request {
  readonly url: string
  readonly init: HttpInit
  readonly isSafe: boolean
}

async function buildRequest(ctx: Context, config: Config): Promise<Request | GantryError> {
  const method = config.method ?? 'GET'
  const isSafe = method === 'GET' || method === 'HEAD'
  if (!URL.canParse(config.url)) return new GantryError('BadRequest', 'the URL is not one')
  const url = new URL(config.url)
  if (config.queryParams !== undefined && config.queryParams.length > 0) {
    const added = config.queryParams.map(({ name, value }) => [name, value] as const)
    url.search = encodeQuery([...url.searchParams, ...added])
  }
  const timeoutMs = durationMs(config.timeout ?? '10s')
  const headers = new Map<string, string>()
  for (const { name, value } of config.headers ?? []) {
    const key = name.toLowerCase()
    if (!/^[!#$%&'*+.^`|~\w-]+$/u.test(name) || /[\r\n\0]/u.test(value)) {
      return new GantryError('BadRequest', `"${name}" cannot be sent as a header`)
    }
    if (ownHeaders.has(key)) {
      ctx.say(`the header ${name} is not sent: it follows from the address and the body`)
      continue
    }
    const before = headers.get(key)
    headers.set(key, before === undefined ? value : `${before}, ${value}`)
  }
  // The same for every attempt of one request, and another when the step asks again.
  if (!isSafe && !headers.has('idempotency-key'))
    headers.set('idempotency-key', `${ctx.idempotencyKey}-${readHandle(ctx.handle).round}`)
  const body = config.bodyFromFile
    ? await ctx.workspace.read(config.bodyFromFile, maxBytes)
    : config.body
  return {
    url: url.href,
    isSafe,
    init: {
      method,
      headers: Object.fromEntries(headers),
      body: body === '' ? undefined : body,
      timeoutMs,
      insecureSkipTLSVerify: config.insecureSkipTLSVerify,
      proxy: config.proxy,
      maxBytes,
      signal: ctx.signal,
    },
  }
}

/**
 * Sends it and judges the answer. Anything but a GET or HEAD is noted before and after: when it is cut off in between,
 * nobody can tell whether it was received, and it is not sent again.
 */
async function send(
  ctx: Context,
  config: Config,
  { url, init, isSafe }: Request,
): Promise<StepResult> {
  const { round } = readHandle(ctx.handle)
  const note = async (handle: JsonObject): Promise<void> => {
    if (!isSafe) await ctx.save(handle)
  }
  await note({ state: 'sending', round })
  await ctx.fence()
  let answer: HttpResponse
  try {
    answer = await ctx.http.fetch(url, init)
  } catch (error) {
    if (hasCode(error, 'BadRequest')) return broken(error)
    if (hasCode(error, 'OutcomeUnknown')) {
      // When the work itself is being ended, whoever goes on with it has to be told by the handle.
      if (ctx.signal.aborted) throw error
      return { status: 'Errored', terminal: true, message: error.message }
    }
    const isAnswered = hasCode(error, 'TooLarge')
    await note(isAnswered ? { state: 'answered', round: round + 1 } : { state: 'unsent', round })
    throw error
  }
  try {
    // Not cut off by the step's signal: the answer is here, and what it says must be noted.
    const env = await answerEnvironment(answer, config.responseContentType, ctx.yaml)
    const pollMs = (): number => durationMs(config.pollInterval ?? '30s')
    const result = judgeAnswer(config, answer.status, env, { pollMs, now: ctx.pinnedAt })
    await note({ state: 'answered', round: round + 1, result: { ...result } })
    return result
  } catch (error) {
    await note({ state: 'answered', round: round + 1 })
    throw error
  }
}

function broken({ message }: GantryError): StepResult & { terminal: true } {
  return { status: 'Errored', terminal: true, message }
}

function durationMs(text: string): number {
  const parsed = parseDuration(text)
  if (parsed !== undefined) return parsed
  throw new GantryError('Invalid', `"${text}" is not a duration such as 30s or 1m30s`)
}

interface Handle {
  readonly state: string | undefined
  /** How many requests were answered before this one. */
  readonly round: number
  /** What the answer to the last one came to. */
  readonly result: z.output<typeof HandleShape>['result']
}

function readHandle(handle: JsonObject | undefined): Handle {
  const parsed = HandleShape.safeParse(handle ?? {})
  const { state, round = 0, result } = parsed.success ? parsed.data : {}
  return { state, round, result }
}

const HandleShape = z.object({
  state: z.string().optional(),
  round: z.number().optional(),
  result: z
    .object({
      status: z.enum(['Running', 'Succeeded', 'Failed']),
      output: z.custom<JsonObject>(isJsonObject).optional(),
      message: z.string().optional(),
      terminal: z.boolean().optional(),
      retryAfterMs: z.number().optional(),
    })
    .optional(),
})

/** Method and address for messages, without user info and query, which may hold secrets. */
function showRequest({ method = 'GET', url }: Config): string {
  if (!URL.canParse(url)) return method
  const { origin, pathname } = new URL(url)
  return `${method} ${origin}${pathname}`
}
