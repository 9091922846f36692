import { hasCode } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { type Freight, FreightKind } from '../../core/kinds/freight.ts'
import { freightName } from '../../core/names.ts'
import { buildFreight } from '../../core/policy/build-freight.ts'
import { staleArtifactsAnnotation } from '../../core/policy/annotations.ts'
import { findRegressions } from '../../core/policy/find-regression.ts'
import { deleteCondition, getCondition } from '../../runtime/conditions.ts'
import type { PhaseResult } from '../../runtime/controller.ts'
import { freightAnnotations } from '../../runtime/events.ts'
import { artifactName, bestArtifact, noteArtifact } from './artifacts.ts'
import type { Looks } from './looks.ts'
import type { WarehouseContext, WarehouseDraft } from './options.ts'
import { say, sayBroken } from './say.ts'
import { staleSentence } from './stale-sentence.ts'
import { type Entries, isBroken, titleOf } from './subscriptions.ts'

/** Makes Freight of the best artifacts, unless it is there already or would be a step backwards. */
export async function createFreight(
  ctx: WarehouseContext,
  draft: WarehouseDraft,
  entries: Entries,
  looks: Looks,
): Promise<PhaseResult | undefined> {
  const { ref, cache, store, actor } = ctx
  const { namespace } = ref
  const content = buildFreight(ref.name, draft.discoveredArtifacts ?? {})
  const name = freightName(content)
  const artifacts = looks.taken.results.map((result) =>
    noteArtifact((result && bestArtifact(result)) ?? {}),
  )
  const at = { namespace, name }
  const known = cache.get(FreightKind, at) ?? (await cache.getLive(FreightKind, at))
  if (known !== undefined) return acknowledge(ctx, draft, name, artifacts)
  const refused = refuseRegression(ctx, draft, entries, { name, artifacts })
  if (refused !== undefined) return refused
  const stale = staleSentence(entries, looks)
  const freight: Freight = {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Freight',
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ...(stale !== '' && { annotations: { [staleArtifactsAnnotation]: stale } }),
    },
    ...content,
  }
  let created: Freight
  try {
    created = await store.create(FreightKind, freight, { actor })
  } catch (thrown) {
    if (!hasCode(thrown, 'AlreadyExists')) throw thrown
    return acknowledge(ctx, draft, name, artifacts)
  }
  remember(ctx, draft, created.metadata.name, artifacts)
  const title = created.alias ?? created.metadata.name
  say(ctx, draft, 'FreightCreated', {
    status: 'True',
    reason: 'NewFreight',
    message: `made freight ${created.metadata.name}`,
  })
  ctx.emit({
    object: created,
    reason: 'FreightCreated',
    message: `freight ${title} was made by warehouse ${ref.name}${stale === '' ? '' : `, of ${stale}, which cannot be read now`}`,
    annotations: freightAnnotations(created),
  })
  return undefined
}

/** The Freight is there: normal, and how doubles are avoided. Said once it was not this Warehouse's last word. */
function acknowledge(
  ctx: WarehouseContext,
  draft: WarehouseDraft,
  name: string,
  artifacts: JsonObject[],
): undefined {
  const last = draft.gantry?.lastFreight
  const isOurs = last?.name === name
  // It was not there when it was refused: somebody made it, and so wants to go on from there.
  const isWished = draft.gantry?.refusedFreight === name
  noteRegressions(draft, [])
  draft.lastFreightID = name
  // An older Freight that is the best again does not lower the mark; an edited Warehouse sets a new one.
  const isEdited = last?.generation !== ctx.object.metadata.generation
  if (isWished || isEdited) remember(ctx, draft, name, artifacts)
  if (isOurs && getCondition(draft, 'FreightCreated')?.reason === 'NewFreight') return
  say(ctx, draft, 'FreightCreated', {
    status: 'False',
    reason: 'AlreadyExists',
    message: `freight ${name} is there already`,
  })
}

function remember(
  ctx: WarehouseContext,
  draft: WarehouseDraft,
  name: string,
  artifacts: JsonObject[],
): void {
  const { generation = 0 } = ctx.object.metadata
  draft.lastFreightID = name
  draft.gantry = { ...draft.gantry, lastFreight: { name, generation, artifacts } }
  noteRegressions(draft, [])
}

/** Ends the pass where an artifact ranks below that of the last Freight. */
function refuseRegression(
  ctx: WarehouseContext,
  draft: WarehouseDraft,
  entries: Entries,
  { name, artifacts }: { name: string; artifacts: readonly JsonObject[] },
): PhaseResult | undefined {
  const { generation = 0 } = ctx.object.metadata
  const last = draft.gantry?.lastFreight
  const found = findRegressions(last, generation, artifacts, (index, a, b) => {
    const entry = entries[index]
    return entry === undefined || isBroken(entry) ? undefined : entry.source.rank(entry.body, a, b)
  })
  noteRegressions(
    draft,
    found.map((each) => ({
      index: each.index,
      last: artifactName(each.last),
      found: artifactName(each.best),
    })),
    name,
  )
  if (found.length === 0) return undefined
  const each = found.map(({ index, last: before, best }) => {
    const entry = entries[index]
    const title = entry === undefined ? `subscription ${index}` : titleOf(entry)
    return `${title} now offers ${artifactName(best)}, below ${artifactName(before)}`
  })
  const message = `${each.join('; ')} of the last freight ${last?.name ?? ''}: no freight is made of it by itself; if going back is wanted, apply freight with exactly these artifacts, or change the spec of the warehouse`
  deleteCondition(draft, 'Reconciling')
  say(ctx, draft, 'FreightCreated', { status: 'False', reason: 'Regressed', message })
  sayBroken(ctx, draft, { healthy: 'Regressed', ready: 'Regressed', message })
  return { stop: true, waiting: { code: 'Regressed', message } }
}

function noteRegressions(
  draft: WarehouseDraft,
  regressions: { index: number; last: string; found: string }[],
  refusedFreight?: string,
): void {
  const { regressions: _before, refusedFreight: _refused, ...others } = draft.gantry ?? {}
  const gantry = { ...others, ...(regressions.length > 0 && { regressions, refusedFreight }) }
  if (Object.keys(gantry).length > 0) draft.gantry = gantry
  else delete draft.gantry
}
