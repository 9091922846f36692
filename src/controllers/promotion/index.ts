import { ClusterConfigKind } from '../../core/kinds/cluster-config.ts'
import { FreightKind } from '../../core/kinds/freight.ts'
import { refKey } from '../../core/kinds/kind.ts'
import { annotations } from '../../core/kinds/labels.ts'
import { ProjectConfigKind } from '../../core/kinds/project-config.ts'
import { ProjectKind } from '../../core/kinds/project.ts'
import { isTerminal, type Promotion, PromotionKind } from '../../core/kinds/promotion.ts'
import { StageKind } from '../../core/kinds/stage.ts'
import { annotation } from '../../core/policy/annotations.ts'
import { type Controller, defineController, type Phase, wake } from '../../runtime/controller.ts'
import { abort } from './abort.ts'
import { accept } from './accept.ts'
import { awaitTurn } from './await-turn.ts'
import type { PromotionOptions } from './options.ts'
import { isRefreshed, run } from './run.ts'
import { createRuns } from './runs.ts'

const defaultMaxRuns = 10

/**
 * Looks after Promotions: takes them into the queue, lets the one whose turn it is through the gates, and sees to its
 * run. Runs go on beside the queue, so a slow step delays no other Promotion's look.
 */
export function createPromotionController(options: PromotionOptions): {
  readonly controller: Controller<Promotion>
  /** Cuts off every run at a point where another process can go on, and waits for that. */
  stop(): Promise<void>
} {
  const runs = createRuns(options.clock, options.maxRuns ?? defaultMaxRuns)

  const promote: Phase<Promotion> = async (ctx) => {
    const key = refKey(ctx.ref)
    if (ctx.object.status?.phase !== 'Pending' || runs.find(key) !== undefined)
      return run(ctx, options, runs, key, undefined)
    const turn = await awaitTurn(ctx, options)
    return 'result' in turn ? turn.result : run(ctx, options, runs, key, turn.admitted)
  }

  const handleRefresh: Phase<Promotion> = async (ctx, draft) => {
    // A run that was under way before may have looked too early: then another one follows.
    const token = annotation(ctx.object, annotations.refresh)
    if (isRefreshed(ctx.object) && runs.refreshOf(refKey(ctx.ref)) === token)
      draft.lastHandledRefresh = token
    return Promise.resolve()
  }

  const controller = defineController<Promotion>({
    name: 'promotion',
    kind: PromotionKind,
    selects: (promotion) =>
      !isTerminal(promotion.status?.phase) && (options.selects?.(promotion) ?? true),
    wakes: [
      wake(StageKind, ({ object }) => {
        const name = object.status?.currentPromotion?.name
        return name === undefined ? [] : [{ namespace: object.metadata.namespace, name }]
      }),
    ],
    reads: [FreightKind, ProjectKind, ProjectConfigKind, ClusterConfigKind],
    phases: {
      accept,
      abort: (ctx) => abort(ctx, runs, refKey(ctx.ref)),
      promote,
      handleRefresh,
    },
    // A Promotion has no conditions, as in Kargo: its phase and message say how it stands.
    conclude: () => undefined,
    gone(ref) {
      const gone = runs.forget(refKey(ref))
      // Its folder goes when nothing writes to it any more.
      void gone?.ended.then(() => options.engine.forget(gone.uid))
    },
  })
  return { controller, stop: () => runs.stop() }
}
