import { AnalysisRunKind } from './analysis-run.ts'
import { AnalysisTemplateKind } from './analysis-template.ts'
import { ClusterAnalysisTemplateKind } from './cluster-analysis-template.ts'
import { ClusterConfigKind } from './cluster-config.ts'
import { ClusterPromotionTaskKind } from './cluster-promotion-task.ts'
import { ClusterRoleBindingKind } from './cluster-role-binding.ts'
import { ClusterRoleKind } from './cluster-role.ts'
import { ConfigMapKind } from './config-map.ts'
import { EventKind } from './event.ts'
import { FreightKind } from './freight.ts'
import type { Kind } from './kind.ts'
import { NamespaceKind } from './namespace.ts'
import { ProjectConfigKind } from './project-config.ts'
import { ProjectKind } from './project.ts'
import { PromotionRequestKind } from './promotion-request.ts'
import { PromotionTaskKind } from './promotion-task.ts'
import { PromotionKind } from './promotion.ts'
import { RoleBindingKind } from './role-binding.ts'
import { RoleKind } from './role.ts'
import { SecretKind } from './secret.ts'
import { ServiceAccountKind } from './service-account.ts'
import { StageKind } from './stage.ts'
import { TargetKind } from './target.ts'
import { WarehouseKind } from './warehouse.ts'

/** Every kind there is, those that others depend on first: the order in which a batch is best applied. */
export const allKinds: readonly Kind[] = [
  NamespaceKind,
  ProjectKind,
  ClusterConfigKind,
  ProjectConfigKind,
  ServiceAccountKind,
  ClusterRoleKind,
  ClusterRoleBindingKind,
  RoleKind,
  RoleBindingKind,
  SecretKind,
  ConfigMapKind,
  ClusterPromotionTaskKind,
  PromotionTaskKind,
  ClusterAnalysisTemplateKind,
  AnalysisTemplateKind,
  TargetKind,
  WarehouseKind,
  StageKind,
  FreightKind,
  PromotionRequestKind,
  PromotionKind,
  AnalysisRunKind,
  EventKind,
]

const ranks = new Map(allKinds.map((kind, rank) => [kind, rank]))

/** Where a kind stands in that order; -1 when it is none of them. */
export function rankOf(kind: Kind | undefined): number {
  return kind === undefined ? -1 : (ranks.get(kind) ?? -1)
}

/** Kinds that live in the store: all but Events, which the journal serves. */
export const storedKinds: readonly Kind[] = allKinds.filter((kind) => kind !== EventKind)

const byName = new Map<string, Kind>()
for (const kind of allKinds) {
  for (const name of [kind.kind, kind.plural, ...kind.shortNames])
    byName.set(name.toLowerCase(), kind)
}
const byVersion = new Map(allKinds.map((kind) => [`${kind.apiVersion}/${kind.kind}`, kind]))

/** The kind of this name, plural or short name, in any case; `Stage`, `stages`, `promo`. */
export function kindByName(name: string): Kind | undefined {
  return byName.get(name.toLowerCase())
}

/** The kind of an object's `apiVersion` and `kind`. */
export function kindOf(apiVersion: string, kind: string): Kind | undefined {
  return byVersion.get(`${apiVersion}/${kind}`)
}
