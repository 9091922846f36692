import { StageKind } from '../../src/core/kinds/stage.ts'
import type { Store } from '../../src/store.ts'
import { namespace } from './samples.ts'
import { perSecond, rounded, timeOf } from './times.ts'

const count = 20_000
const pageSize = 500

export interface ReadResults {
  readonly getsPerSecond: number
  /** Objects, in pages of 500. */
  readonly listedPerSecond: number
  /** Look-ups of the Stages that a Warehouse feeds: one page of 20. */
  readonly indexedListsPerSecond: number
}

export async function measureReads(store: Store, objects: number): Promise<ReadResults> {
  const gets = await timeOf(async () => {
    for (let at = 0; at < count; at++)
      await store.get(StageKind, { namespace, name: `stage-${(at * 7919) % objects}` })
  })
  let listed = 0
  const lists = await timeOf(async () => {
    let next: string | undefined
    do {
      const page = await store.list(StageKind, { namespace, limit: pageSize, continue: next })
      listed += page.items.length
      next = page.continue
    } while (next !== undefined)
  })
  const index = { name: 'warehouse', key: 'images' }
  const lookups = 50
  const indexed = await timeOf(async () => {
    for (let at = 0; at < lookups; at++)
      await store.list(StageKind, { namespace, index, limit: 20 })
  })
  return {
    getsPerSecond: rounded(perSecond(count, gets)),
    listedPerSecond: rounded(perSecond(listed, lists)),
    indexedListsPerSecond: rounded(perSecond(lookups, indexed)),
  }
}
