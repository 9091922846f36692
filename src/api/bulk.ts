import { GantryError, hasCode } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import { AnalysisRunKind } from '../core/kinds/analysis-run.ts'
import { rankOf } from '../core/kinds/index.ts'
import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import { ProjectKind } from '../core/kinds/project.ts'
import { PromotionRequestKind } from '../core/kinds/promotion-request.ts'
import { PromotionKind } from '../core/kinds/promotion.ts'
import { refuseEvents } from './events.ts'
import { type ManifestInput, parseManifests } from './manifests.ts'
import type { Answer, Call } from './operation.ts'
import { toProblem } from './problem.ts'
import { refuseDisabled } from './secret-management.ts'

/** What came of one document. Exactly one of the three manifests, `error` and `skipped` is there. */
export interface BulkResult {
  createdResourceManifest?: KubeObject
  updatedResourceManifest?: KubeObject
  deletedResourceManifest?: KubeObject
  /** With `updatedResourceManifest`: the object was like that already, and nothing was written. */
  unchanged?: boolean
  error?: string
  code?: string
  field?: string
  details?: readonly string[]
  /** A document that was passed over: of an unknown kind, when asked to, or the record of a past run. */
  skipped?: string
  /** Its position in the body, from 1. */
  document?: number
  /** How messages call it. */
  name?: string
  warnings?: readonly string[]
}

/** Writes one object. `isOwnProject`: this request made the object's Project a moment ago. */
export type BulkWrite = (call: Call, input: BulkObject) => Promise<BulkResult>

export interface BulkObject {
  readonly kind: Kind
  readonly object: KubeObject
  readonly isOwnProject: boolean
  warn(warning: string): void
}

type Order = (a: ManifestInput, b: ManifestInput) => number

const isProject = (input: ManifestInput): boolean => 'kind' in input && input.kind === ProjectKind
const kindOf = (input: ManifestInput): Kind | undefined =>
  'kind' in input ? input.kind : undefined

/** Projects first, then what cannot be read, then what others refer to: a dump in any order can be applied at once. */
export const projectsFirst: Order = (a, b) =>
  Number(isProject(b)) - Number(isProject(a)) || rankOf(kindOf(a)) - rankOf(kindOf(b))
export const projectsLast: Order = (a, b) => Number(isProject(a)) - Number(isProject(b))

/**
 * Every document of the body in turn. One document: its failure is the answer's. Several (or `?multiple=true`): each has
 * a result of its own, nothing is rolled back, and the documents of a Project whose own document failed are refused.
 */
export async function writeEach(
  call: Call,
  status: number,
  write: BulkWrite,
  order: Order,
): Promise<Answer> {
  const strict = call.query.get('strict') === 'true'
  const { signal } = call
  const inputs = await parseManifests(call.parts.yaml, String(call.body), { strict, signal })
  const isSingle = inputs.length === 1 && call.query.get('multiple') !== 'true'
  const projects = createProjectLedger(inputs)
  const results: BulkResult[] = []
  for (const input of inputs.toSorted(order)) {
    const warnings: string[] = [...input.warnings]
    try {
      const result = await writeOne(call, input, write, projects, (text) => warnings.push(text))
      results.push({ ...result, ...placeOf(input), ...(warnings.length > 0 && { warnings }) })
    } catch (thrown) {
      if (isSingle) throw thrown
      results.push(failure(call, input, thrown, warnings))
    }
  }
  return { type: 'json', status, body: { results } }
}

async function writeOne(
  call: Call,
  input: ManifestInput,
  write: BulkWrite,
  projects: ProjectLedger,
  warn: (warning: string) => void,
): Promise<BulkResult> {
  if ('error' in input) throw input.error
  const { kind, object } = input
  const { name, namespace } = object.metadata
  if (kind.namespaced) projects.refuseFailed(namespace)
  refuseDisabled(call, kind)
  refuseEvents(kind, 'written or deleted')
  if (isPastRun(input) && call.method !== 'DELETE') {
    warn(`this ${kind.kind} has begun already: it is a record of the past, and is not made again`)
    return { skipped: input.label }
  }
  const isOwnProject = kind.namespaced && projects.isMade(namespace)
  try {
    const result = await write(call, { kind, object, isOwnProject, warn })
    const isMade =
      result.createdResourceManifest !== undefined && call.query.get('dryRun') !== 'true'
    if (isProject(input) && isMade) projects.noteMade(name)
    return result
  } catch (thrown) {
    if (isProject(input)) projects.noteFailed(name)
    throw thrown
  }
}

/** Kinds whose objects do something once. */
const runKinds: ReadonlySet<Kind> = new Set([PromotionKind, PromotionRequestKind, AnalysisRunKind])

/** A run that has begun says so in its status. Creating it from a dump would do once more what it did. */
function isPastRun(input: ManifestInput): boolean {
  if (!('kind' in input) || !runKinds.has(input.kind)) return false
  const status: unknown = 'status' in input.object ? input.object.status : undefined
  return isJsonObject(status) && typeof status['phase'] === 'string' && status['phase'] !== ''
}

/** How the Projects of one request fared. A Project that failed once counts as failed, whatever its other documents did. */
interface ProjectLedger {
  noteMade(project: string): void
  noteFailed(project: string): void
  /** Throws Conflict for what belongs to a Project whose document failed. */
  refuseFailed(project: string | undefined): void
  isMade(project: string | undefined): boolean
}

function createProjectLedger(inputs: readonly ManifestInput[]): ProjectLedger {
  const failed = new Set(
    inputs.flatMap((input) => ('error' in input && input.project ? [input.project] : [])),
  )
  const made = new Set<string>()
  return {
    noteMade: (project) => made.add(project),
    noteFailed: (project) => failed.add(project),
    refuseFailed(project) {
      if (project === undefined || !failed.has(project)) return
      throw new GantryError(
        'Conflict',
        `not touched: the document of its project ${project} failed`,
      )
    },
    isMade: (project) => project !== undefined && made.has(project) && !failed.has(project),
  }
}

function failure(
  call: Call,
  input: ManifestInput,
  thrown: unknown,
  warnings: readonly string[],
): BulkResult {
  if (call.query.get('skipUnknown') === 'true' && hasCode(thrown, 'NotSupported')) {
    return { skipped: input.label, ...placeOf(input), warnings: [...warnings, thrown.message] }
  }
  const { problem, error } = toProblem(thrown, call.parts.redactor)
  if (error.code === 'Internal')
    call.parts.log.error('a document failed', {
      document: input.label,
      error: error.message,
      stack: error.stack,
    })
  return { ...problem, ...placeOf(input), ...(warnings.length > 0 && { warnings }) }
}

function placeOf({ document, label }: ManifestInput): { document: number; name: string } {
  return { document, name: label }
}
