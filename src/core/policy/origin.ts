import type {
  CollectionView,
  FreightReferenceView,
  FreightRequestView,
  FreightView,
  OriginView,
  StageView,
} from './views.ts'

/** The canonical text of an origin, `Warehouse/web`: map keys in statuses, values of annotations. */
export function originKey(origin: OriginView): string {
  return `${origin.kind}/${origin.name}`
}

export function sameOrigin(a: OriginView, b: OriginView): boolean {
  return a.name === b.name && a.kind === b.kind
}

/** The Stage's request for Freight of this origin, if it asks for any. Origins are unique in a Stage. */
export function requestFor(
  stage: StageView,
  origin: OriginView | undefined,
): FreightRequestView | undefined {
  if (origin === undefined) return undefined
  return stage.spec.requestedFreight.find((request) => sameOrigin(request.origin, origin))
}

/** A Stage without promotion steps: it never holds Freight, Freight passes through it. */
export function isControlFlow(stage: StageView): boolean {
  return (stage.spec.promotionTemplate?.spec?.steps ?? []).length === 0
}

/** What the Stage is at: the collection of its last successful Promotion. */
export function currentCollection(stage: StageView): CollectionView | undefined {
  return stage.status?.freightHistory?.[0]
}

/** The Freight of this origin that the Stage is at. */
export function currentReference(
  stage: StageView,
  origin: OriginView,
): FreightReferenceView | undefined {
  return currentCollection(stage)?.items?.[originKey(origin)]
}

/** How a Freight is called in a sentence: its alias and the head of its name. */
export function freightTitle(freight: FreightView): string {
  const { name } = freight.metadata
  const short = /^[0-9a-f]{40}$/u.test(name) ? name.slice(0, 7) : name
  return freight.alias === undefined || freight.alias === ''
    ? `freight ${short}`
    : `freight ${freight.alias} (${short})`
}
