import { didYouMean } from '../nearest.ts'
import type { UnknownField } from './prune.ts'

/** What manifests hold that were written for older releases of Kargo, and where one writes it now. */

const formerFields: Readonly<Record<string, string>> = {
  'Project spec':
    'a Project has none; promotion policies stand in the ProjectConfig of the same name',
  'Stage spec.subscriptions': 'write requestedFreight, with its origin and sources',
  'Stage spec.promotionMechanisms': 'write promotionTemplate, with its steps',
  'Freight warehouse': 'write origin, with kind: Warehouse and its name',
}

const formerKinds: Readonly<Record<string, string>> = {
  Environment: 'it is called Stage now',
  PromotionPolicy: 'promotion policies stand in the ProjectConfig now',
}

/**
 * The end of a sentence about an unknown field: what to do instead of what was read once, else the nearest name that is
 * known.
 */
export function insteadOf(
  { name, known }: UnknownField,
  former: Readonly<Record<string, string>> = {},
): string {
  const advice = Object.hasOwn(former, name) ? former[name] : undefined
  return advice === undefined ? didYouMean(name, known) : `: ${advice}`
}

/** Fields that are written beside `metadata` by mistake. */
const metadataFields: ReadonlySet<string> = new Set([
  'annotations',
  'finalizers',
  'labels',
  'name',
  'namespace',
  'ownerReferences',
])

/** The same for a field of a manifest, whose path tells more than its name. */
export function insteadOfField(kind: string, field: UnknownField): string {
  const path = field.path
  const advice =
    formerFields[`${kind} ${path}`] ??
    (metadataFields.has(path) ? 'it belongs into metadata' : undefined)
  return advice === undefined ? didYouMean(field.name, field.known) : `: ${advice}`
}

/** What there is instead of a kind of Kargo's that is no more; undefined when nothing is known. */
export function adviceForKind(apiVersion: string, kind: string): string | undefined {
  return apiVersion.startsWith('kargo.akuity.io/') && Object.hasOwn(formerKinds, kind)
    ? formerKinds[kind]
    : undefined
}
