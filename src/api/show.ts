import { isJsonObject } from '../core/json.ts'
import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import { annotations, labels } from '../core/kinds/labels.ts'
import { PromotionKind } from '../core/kinds/promotion.ts'
import { type Secret, SecretKind } from '../core/kinds/secret.ts'
import { StageKind } from '../core/kinds/stage.ts'
import { mapValues } from '../core/map-values.ts'
import { mask } from '../core/redact.ts'
import type { Call } from './operation.ts'

/** Keys of repository credentials that are no secrets. */
const openKeys: ReadonlySet<string> = new Set(['repoURL', 'repoURLIsRegex', 'username', 'type'])

/** What a caller sees of an object. */
export type View = (object: KubeObject) => KubeObject

/**
 * How this caller sees objects of a kind in a namespace, by the rights of this moment: as `showObject` has them, and of
 * a Stage's copy of its last Promotion's status how it went, but what its steps put out only with the right to read
 * Promotions.
 */
export async function viewOf(
  { parts, actor }: Pick<Call, 'parts' | 'actor'>,
  kind: Kind,
  namespace: string | undefined,
): Promise<View> {
  if (kind.plural !== StageKind.plural || kind.group !== StageKind.group || actor.superuser)
    return (object) => showObject(kind, object)
  const { group, plural: resource } = PromotionKind
  const request = { verb: 'get', group, resource, namespace }
  return (await parts.authorize(actor, request)) ? (stage) => stage : withoutOutputs
}

/** How a Promotion went; all else of its status comes from its steps. */
const openFields: ReadonlySet<string> = new Set([
  'phase',
  'message',
  'freight',
  'freightCollection',
  'startedAt',
  'finishedAt',
])

function withoutOutputs(stage: KubeObject): KubeObject {
  const status: unknown = 'status' in stage ? stage.status : undefined
  if (!isJsonObject(status) || !isJsonObject(status['lastPromotion'])) return stage
  const { lastPromotion } = status
  const copy = isJsonObject(lastPromotion['status']) ? lastPromotion['status'] : {}
  const shown = Object.fromEntries(Object.entries(copy).filter(([key]) => openFields.has(key)))
  const open = {
    ...stage,
    status: { ...status, lastPromotion: { ...lastPromotion, status: shown } },
  }
  return open
}

/** An object as anybody may see it: the values of Secrets are masked, and so are their annotations. */
export function showObject(kind: Kind, object: KubeObject): KubeObject {
  if (kind.plural !== SecretKind.plural || kind.group !== '') return object
  const secret = SecretKind.schema.safeParse(object)
  return secret.success ? maskSecret(secret.data) : { ...emptied(object) }
}

/** A Secret that cannot be read shows its name only. */
function emptied({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: { name: metadata.name, namespace: metadata.namespace } }
}

function maskSecret({ apiVersion, kind, metadata, data = {}, type }: Secret): KubeObject {
  const isRepository = metadata.labels?.[labels.credType] !== undefined
  const stringData = mapValues(data, (value, key) =>
    isRepository && openKeys.has(key) ? decode(value) : mask,
  )
  const notes = mapValues(metadata.annotations ?? {}, (value, key) =>
    key === annotations.description ? value : mask,
  )
  const shown = {
    apiVersion,
    kind,
    metadata: { ...metadata, annotations: notes },
    type,
    stringData,
  }
  return shown
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8')
}
