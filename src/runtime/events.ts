import { toTimestamp } from '../core/clock.ts'
import type { JsonObject } from '../core/json.ts'
import type { KubeObject } from '../core/kinds/kind.ts'
import { annotations, eventAnnotationPrefix } from '../core/kinds/labels.ts'
import type { NewJournalRecord } from '../journal.ts'

/** What happened to an object, before it becomes a core/v1 Event in the journal. */
export interface NewEvent {
  /** What it is about: a Promotion, a Freight, ... */
  readonly object: KubeObject
  /** The event's type in Kargo's sense, as in `PromotionSucceeded`; `reason` of the Event. */
  readonly reason: string
  readonly message: string
  /** Who caused it: `admin`, `controller:<name>`, `email:<addr>`, ... */
  readonly actor: string
  /** Without their prefix `event.kargo.akuity.io/`; absent values are left out. */
  readonly annotations?: Readonly<Record<string, string | undefined>> | undefined
}

let sequence = 0

/**
 * The journal record of an event: its payload is a core/v1 Event, type Normal, with the annotations that Kargo's
 * consumers read. `nowMs` is epoch milliseconds.
 */
export function eventRecord(event: NewEvent, nowMs: number): NewJournalRecord {
  const { object } = event
  const { name, namespace, uid, resourceVersion } = object.metadata
  const time = toTimestamp(nowMs)
  sequence = (sequence + 1) % 0x1000
  const notes: JsonObject = {}
  const all = { actor: event.actor, project: namespace ?? name, ...event.annotations }
  for (const [key, value] of Object.entries(all))
    if (value !== undefined && value !== '') notes[eventAnnotationPrefix + key] = value
  return {
    time: nowMs,
    kind: 'event',
    subject: subjectOf(object),
    payload: {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: `${name}.${(BigInt(Math.floor(nowMs)) * 0x1000n + BigInt(sequence)).toString(16)}`,
        ...(namespace !== undefined && { namespace }),
        creationTimestamp: time,
        annotations: notes,
      },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name,
        ...(namespace !== undefined && { namespace }),
        ...(uid !== undefined && { uid }),
        ...(resourceVersion !== undefined && { resourceVersion }),
      },
      type: 'Normal',
      reason: event.reason,
      message: event.message,
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      source: { component: 'gantry' },
    },
  }
}

/** The journal's subject of an object: `<Kind>/<namespace>/<name>`, or `<Kind>/<name>` when it has no namespace. */
export function subjectOf(object: {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined }
}): string {
  const { name, namespace } = object.metadata
  return namespace === undefined ? `${object.kind}/${name}` : `${object.kind}/${namespace}/${name}`
}

/** What events need to know of a Freight. */
export interface FreightFacts extends KubeObject {
  readonly alias?: string | undefined
  readonly origin: { readonly kind: string; readonly name: string }
  readonly commits?: readonly object[] | undefined
  readonly images?: readonly object[] | undefined
  readonly charts?: readonly object[] | undefined
  readonly artifacts?: readonly object[] | undefined
}

/** The annotations by which an event tells of a Freight. */
export function freightAnnotations(
  freight: FreightFacts | undefined,
): Readonly<Record<string, string | undefined>> {
  if (freight === undefined) return {}
  const list = (items: readonly object[] | undefined): string | undefined =>
    items === undefined || items.length === 0 ? undefined : JSON.stringify(items)
  return {
    'freight-name': freight.metadata.name,
    'freight-alias': freight.alias,
    'freight-create-time': freight.metadata.creationTimestamp,
    'freight-warehouse-name': freight.origin.kind === 'Warehouse' ? freight.origin.name : undefined,
    'freight-commits': list(freight.commits),
    'freight-images': list(freight.images),
    'freight-charts': list(freight.charts),
    'freight-artifacts': list(freight.artifacts),
  }
}

/** What events need to know of a Promotion. */
export interface PromotionFacts extends KubeObject {
  readonly spec: { readonly stage: string }
}

/** The annotations by which an event tells of a Promotion. */
export function promotionAnnotations(
  promotion: PromotionFacts,
): Readonly<Record<string, string | undefined>> {
  return {
    'promotion-name': promotion.metadata.name,
    'promotion-create-time': promotion.metadata.creationTimestamp,
    'stage-name': promotion.spec.stage,
    rollback: promotion.metadata.annotations?.[annotations.rollback],
  }
}
