import { GantryError } from '../../core/errors.ts'
import { jsonEqual } from '../../core/json.ts'
import { type Kind, kindKey, type KubeObject } from '../../core/kinds/kind.ts'
import { parseAs } from '../../core/kinds/parse.ts'
import type {
  Admission,
  AdmissionOutcome,
  AdmissionRequest,
  JsonRecord,
  StoreReader,
} from '../../store.ts'
import { subjectOf } from '../events.ts'
import { clusterConfigAdmission } from './cluster-config.ts'
import { configMapAdmission } from './config-map.ts'
import { freightAdmission } from './freight.ts'
import { checkMetadata } from './metadata.ts'
import type { AdmissionParts, KindAdmission, Removal, Write } from './parts.ts'
import { projectConfigAdmission } from './project-config.ts'
import { projectAdmission } from './project.ts'
import { promotionRequestAdmission } from './promotion-request.ts'
import { clusterPromotionTaskAdmission, promotionTaskAdmission } from './promotion-task.ts'
import { promotionAdmission } from './promotion.ts'
import { rbacAdmissions } from './rbac.ts'
import { invalidFields } from './refuse.ts'
import { checkReplica } from './replicated.ts'
import { secretAdmission } from './secret.ts'
import { stageAdmission } from './stage.ts'
import { warehouseAdmission } from './warehouse.ts'

export type { AdmissionParts } from './parts.ts'

const admissions: readonly KindAdmission[] = [
  projectAdmission,
  projectConfigAdmission,
  clusterConfigAdmission,
  warehouseAdmission,
  freightAdmission,
  stageAdmission,
  promotionAdmission,
  promotionTaskAdmission,
  clusterPromotionTaskAdmission,
  promotionRequestAdmission,
  secretAdmission,
  configMapAdmission,
  ...rbacAdmissions,
]

/**
 * Admission of every kind: checks objects against their schema and the rules of their kind, fills in what has a
 * default, names what is named by its content, and says no to what the actor may not do.
 */
export function createAdmission(parts: AdmissionParts): Admission {
  const byKind = new Map(admissions.map((admission) => [kindKey(admission.kind), admission]))
  return {
    async admit(request, reader) {
      const admission = byKind.get(kindKey(request.kind))
      const outcome = new Collector()
      if (request.operation === 'DELETE') {
        await remove(request, admission, outcome, reader, parts)
        return outcome.finish(request, request.object)
      }
      if (request.subresource === 'status') {
        const write = writeOf(
          request,
          request.operation,
          checkStatus(request),
          outcome,
          reader,
          parts,
        )
        await admission?.admitStatus?.(write)
        return outcome.finish(request, write.object)
      }
      const write = writeOf(
        request,
        request.operation,
        check(request, outcome),
        outcome,
        reader,
        parts,
      )
      checkReplica(write)
      checkMetadata(write)
      return outcome.finish(request, (await admission?.admit?.(write)) ?? write.object)
    },
  }
}

/** What one admission gathers beside the object. */
class Collector {
  readonly warnings: string[] = []
  readonly doubts: { readonly field: string; readonly why: string }[] = []
  readonly also: { readonly kind: Kind; readonly object: KubeObject }[] = []
  readonly records: JsonRecord[] = []

  /** The outcome, with a note of who wrote what. Gantry's own parts are not audited: the journal has what they did. */
  finish(request: AdmissionRequest, object: KubeObject): AdmissionOutcome {
    const { actor, operation, subresource } = request
    if (!actor.controlPlane) {
      const payload = { actor: actor.id, operation, ...(subresource !== '' && { subresource }) }
      this.records.push({ kind: 'audit', subject: subjectOf(object), payload })
    }
    const warnings = this.#warnings(request, object)
    return { object, also: this.also, records: this.records, warnings }
  }

  /** Warnings and doubts. Throws Invalid with all doubts where the writer asked for strictness. */
  #warnings({ strict }: AdmissionRequest, object: KubeObject): string[] {
    if (strict && this.doubts.length > 0) throw invalidFields(object, this.doubts)
    const doubts = this.doubts.map(({ field, why }) => `${field}: ${why}`)
    return [...this.warnings, ...doubts]
  }
}

function writeOf(
  request: AdmissionRequest,
  operation: 'CREATE' | 'UPDATE',
  object: KubeObject,
  outcome: Collector,
  reader: StoreReader,
  parts: AdmissionParts,
): Write {
  const { kind, old, actor } = request
  return {
    operation,
    kind,
    object,
    old,
    isSpecChanged: old === undefined || !jsonEqual(bodyOf(object), bodyOf(old)),
    actor,
    reader,
    parts,
    warn: (warning) => outcome.warnings.push(warning),
    doubt: (field, why) => outcome.doubts.push({ field, why }),
    also: (alsoKind, alsoObject) => outcome.also.push({ kind: alsoKind, object: alsoObject }),
    record: (record) => outcome.records.push(record),
  }
}

async function remove(
  request: AdmissionRequest,
  admission: KindAdmission | undefined,
  outcome: Collector,
  reader: StoreReader,
  parts: AdmissionParts,
): Promise<void> {
  const { kind, actor, object } = request
  const removal: Removal = {
    kind,
    actor,
    object,
    reader,
    parts,
    warn: (warning) => outcome.warnings.push(warning),
    record: (record) => outcome.records.push(record),
  }
  checkReplica(removal)
  await admission?.remove?.(removal)
}

/** The object without what its schema does not know. The status is not this write's business. */
function check(request: AdmissionRequest, outcome: Collector): KubeObject {
  const { status: _status, ...rest } = { status: undefined, ...request.object }
  const { object, warnings } = parseAs(request.kind, rest, { strict: false })
  outcome.warnings.push(...warnings)
  return object
}

/** What Gantry's own parts write is typed; what others write is checked. */
function checkStatus(request: AdmissionRequest): KubeObject {
  if (request.actor.controlPlane) return request.object
  const result = request.kind.schema.safeParse(request.object)
  if (result.success) return result.data
  const { path = [], message = 'not valid' } = result.error.issues[0] ?? {}
  throw new GantryError(
    'Invalid',
    `the status of ${request.kind.kind} ${request.object.metadata.name} is not valid: ${path.join('.')}: ${message}`,
    { field: path.join('.') },
  )
}

/** Everything but metadata and status. */
function bodyOf(object: KubeObject): object {
  const { metadata: _metadata, status: _status, ...body } = { status: undefined, ...object }
  return body
}
