/**
 * A process that promotes, made to be killed: a real data folder, the real Stage and Promotion controllers, the real
 * git steps. Started again on the same folder it goes on. Prints a line of JSON when every Promotion has ended.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { isTerminal, PromotionKind } from '../../src/core/kinds/promotion.ts'
import type { Store } from '../../src/store.ts'
import { addFreight, addPromotion, addStage, openProcess } from './promotion-process.ts'

/** What the parent process asks for, as JSON in the first argument. */
export interface WorkerOrder {
  readonly data: string
  readonly repoURL: string
  readonly stages: number
  /** Promotions of each Stage. */
  readonly promotions: number
}

/** The file and the line that one Promotion leaves in git. */
export function effectOf(stage: number, promotion: number): { path: string; message: string } {
  return { path: `stage-${stage}.yaml`, message: `promote ${stage}/${promotion}` }
}

async function seed(store: Store, order: WorkerOrder): Promise<void> {
  for (let stage = 1; stage <= order.stages; stage++) {
    await addStage(store, `s${stage}`)
    for (let promotion = 1; promotion <= order.promotions; promotion++) {
      const freight = `f${promotion}`
      await addFreight(store, freight)
      const name = `s${stage}.${String(promotion).padStart(4, '0')}`
      await addPromotion(
        store,
        { name, stage: `s${stage}`, freight },
        {
          ...effectOf(stage, promotion),
          repoURL: order.repoURL,
          text: `version: ${promotion}\n`,
        },
      )
    }
  }
}

async function work(order: WorkerOrder): Promise<void> {
  const gantry = await openProcess(order.data)
  const { store } = gantry
  await seed(store, order)
  await gantry.start()
  process.stdout.write('started\n')
  for (;;) {
    const { items } = await store.list(PromotionKind, { namespace: 'demo' })
    if (items.every(({ status }) => isTerminal(status?.phase))) {
      const ends = items.map(({ metadata, status }) => ({
        name: metadata.name,
        phase: status?.phase,
        message: status?.message,
      }))
      process.stdout.write(`${JSON.stringify(ends)}\n`)
      break
    }
    await wait(20)
  }
  await gantry.stop()
  process.exit(0)
}

const order = process.argv[2]
// Only ever started by `promotion-rounds.ts`, which writes the order.
if (import.meta.main && order !== undefined) await work(JSON.parse(order) as WorkerOrder)
