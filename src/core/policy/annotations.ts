import { annotations } from '../kinds/labels.ts'
import { originKey } from './origin.ts'
import type { MetaView, OriginView } from './views.ts'

/**
 * On a Stage, or on the ProjectConfig for all its Stages: `"true"` lets newer automatic promotions take the place of
 * queued older ones. The Stage's own annotation wins. Gantry's own; Kargo ignores it.
 */
export const supersedeAnnotation = 'gantry/supersede-queued'

/**
 * On a Warehouse: a duration. While a subscription cannot be read, what was last read of it may still become Freight as
 * long as it is younger than this. Gantry's own; Kargo ignores it.
 */
export const stalenessAnnotation = 'gantry/max-staleness'

/** On Freight that was made so: which subscriptions could not be read then, and of when their artifacts are. */
export const staleArtifactsAnnotation = 'gantry/stale-artifacts'

export function annotation(object: { readonly metadata: MetaView }, name: string): string {
  return object.metadata.annotations?.[name] ?? ''
}

/** The actor of a Promotion; empty when nobody is recorded. */
export function actorOf(promotion: { readonly metadata: MetaView }): string {
  return annotation(promotion, annotations.createActor)
}

/** Whether nobody asked for this Promotion by hand: a controller made it. */
export function triggerOf(promotion: { readonly metadata: MetaView }): 'manual' | 'auto' {
  const actor = actorOf(promotion)
  return actor === '' || actor.startsWith('controller:') ? 'auto' : 'manual'
}

/** What a Promotion means for the holds of an origin; undefined when it means nothing. */
export function intentFor(
  promotion: { readonly metadata: MetaView },
  origin: OriginView,
): 'hold' | 'resume' | undefined {
  const key = originKey(origin)
  if (annotation(promotion, annotations.autoPromotionHold) === key) return 'hold'
  return annotation(promotion, annotations.autoPromotionResume) === key ? 'resume' : undefined
}
