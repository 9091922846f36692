import { GantryError, isErrorCode } from '../core/errors.ts'
import { type JsonObject, isJsonObject, jsonText } from '../core/json.ts'
import type { Client } from './client.ts'
import type { CliIo } from './context.ts'
import { batchesOf, type Placed } from './manifest-batches.ts'
import type { LocalManifest } from './manifest-files.ts'
import { asObject } from './objects.ts'
import { objectName } from './output.ts'

export interface BulkRequest {
  readonly method: 'POST' | 'PUT' | 'DELETE'
  readonly query: Readonly<Record<string, string>>
  /** What becomes of the manifests, as in `applied`. */
  readonly done: string
  /** Said after each object. */
  readonly suffix: string
  /** Whether documents of unknown kinds may be passed over, which the user did not ask for. */
  readonly maySkip?: boolean
}

interface Failure {
  readonly code: unknown
  /** Where and what, as one sentence. */
  readonly sentence: string
}

/** The server takes 4 MiB; this leaves room, and lets somebody who waits see how far it is. */
const limits = { maxBytes: 1024 * 1024, maxManifests: 500 }

/**
 * Sends manifests, in several requests where they are many, and says a line for each: what was done on standard output,
 * what failed on standard error. Throws with the code of the first failure when there was any.
 */
export async function sendManifests(
  io: Pick<CliIo, 'out' | 'err'>,
  client: Client,
  manifests: readonly LocalManifest[],
  request: BulkRequest,
): Promise<void> {
  const failures: Failure[] = manifests.flatMap((manifest) =>
    'error' in manifest
      ? [{ code: manifest.error.code, sentence: `${manifest.place}: ${manifest.error.message}` }]
      : [],
  )
  const readable = manifests.filter((manifest) => 'value' in manifest)
  const order = request.method === 'DELETE' ? 'delete' : 'create'
  const failedProjects = new Set<string>()
  let answered = 0
  for (const batch of batchesOf(readable, order, limits)) {
    const [kept, left] = partition(batch, ({ project }) => !failedProjects.has(project))
    failures.push(...left.map(notTouched))
    const results = await send(client, kept, request).catch((thrown: unknown) => {
      for (const { sentence } of failures) io.err(`error: ${sentence}`)
      if (answered > 0) io.err(`error: only ${answered} of ${manifests.length} manifests were sent`)
      throw thrown
    })
    answered += kept.length
    for (const result of results) {
      const sent = kept[Number(result['document']) - 1]
      const place = sent?.manifest.place ?? jsonText(result['name'])
      for (const warning of asTexts(result['warnings'])) io.err(`warning: ${place}: ${warning}`)
      if (result['error'] === undefined) {
        io.out(`${outcome(result)}${request.suffix}`)
        continue
      }
      failures.push({ code: result['code'], sentence: `${place}: ${jsonText(result['error'])}` })
      if (sent?.isProject === true) failedProjects.add(sent.project)
    }
  }
  conclude(io, failures, manifests.length, request)
}

type Sendable = Placed<Extract<LocalManifest, { readonly value: unknown }>>

/** As the server says it of what came in one request with its Project. */
function notTouched({ manifest, project }: Sendable): Failure {
  const sentence = `${manifest.place}: not touched: the document of its project ${project} failed`
  return { code: 'Conflict', sentence }
}

function partition<T>(all: readonly T[], test: (one: T) => boolean): readonly [T[], T[]] {
  return [all.filter(test), all.filter((one) => !test(one))]
}

async function send(
  client: Client,
  manifests: readonly Sendable[],
  { method, query }: BulkRequest,
): Promise<readonly JsonObject[]> {
  if (manifests.length === 0) return []
  const path = `/v1beta1/resources?${new URLSearchParams({ ...query, multiple: 'true' }).toString()}`
  const answer = await client.send(
    method,
    path,
    manifests.map(({ manifest }) => manifest.value),
  )
  const results = isJsonObject(answer) ? answer['results'] : undefined
  return Array.isArray(results) ? results.filter(isJsonObject) : []
}

function conclude(
  io: Pick<CliIo, 'err'>,
  failures: readonly Failure[],
  total: number,
  { done, maySkip }: BulkRequest,
): void {
  const [first] = failures
  if (first === undefined) return
  const code = isErrorCode(first.code) ? first.code : 'Invalid'
  const isUnknown = maySkip === true && failures.some((failure) => failure.code === 'NotSupported')
  const hint = isUnknown ? '; --skip-unknown passes over kinds that Gantry does not know' : ''
  if (total === 1) throw new GantryError(code, `${first.sentence}${hint}`)
  for (const { sentence } of failures) io.err(`error: ${sentence}`)
  throw new GantryError(
    code,
    `${failures.length} of ${total} manifests could not be ${done}${hint}`,
  )
}

const verbs = [
  ['createdResourceManifest', 'created'],
  ['updatedResourceManifest', 'configured'],
  ['deletedResourceManifest', 'deleted'],
] as const

function outcome(result: JsonObject): string {
  for (const [key, verb] of verbs) {
    if (result[key] === undefined) continue
    return `${objectName(asObject(result[key]))} ${result['unchanged'] === true ? 'unchanged' : verb}`
  }
  return `${jsonText(result['skipped'])} skipped`
}

function asTexts(value: JsonObject[string]): readonly string[] {
  return Array.isArray(value) ? value.map(jsonText) : []
}
