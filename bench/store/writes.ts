import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { StageKind } from '../../src/core/kinds/stage.ts'
import type { Store } from '../../src/store.ts'
import { createStage, write } from './samples.ts'
import { inParallel, perSecond, quantile, rounded, timeOf } from './times.ts'

const rounds = 15
const writesPerRound = 100
/** Writers at a time where writes run side by side: a busy instance, not a stress test. */
const writers = 16

export interface WriteResults {
  /** Of the stored Stage, and of what the bare loop appends. */
  readonly objectBytes: number
  /** One after another: append + fdatasync. */
  readonly barePerSecond: number
  /** One after another, each durable, through the product's admission. */
  readonly createPerSecond: number
  /** The same from 16 writers at once. */
  readonly createTogetherPerSecond: number
  /** One after another: updates that name the version they replace. */
  readonly casPerSecond: number
  readonly createRatio: number
  readonly createTogetherRatio: number
  readonly casRatio: number
}

/** Rounds take turns, so that whatever else the machine does hits all sides alike; ratios are medians over rounds. */
export async function measureWrites(
  store: Store,
  folder: string,
  objects: number,
): Promise<WriteResults> {
  let current = await createStage(store, 'swapped')
  const bytes = Buffer.from(JSON.stringify(current))
  const bareFile = openSync(join(folder, 'bare'), 'a', 0o600)
  let made = 0
  const createNext = (): Promise<unknown> => createStage(store, `stage-${made++}`)

  const sides: Record<string, { readonly count: number; run(): unknown }> = {
    bare: {
      count: writesPerRound,
      run() {
        for (let at = 0; at < writesPerRound; at++) {
          writeSync(bareFile, bytes)
          fdatasyncSync(bareFile)
        }
      },
    },
    create: { count: writesPerRound, run: () => inParallel(writesPerRound, 1, createNext) },
    together: {
      count: 4 * writesPerRound,
      run: () => inParallel(4 * writesPerRound, writers, createNext),
    },
    cas: {
      count: writesPerRound,
      async run() {
        for (let at = 0; at < writesPerRound; at++) {
          const metadata = { ...current.metadata, labels: { turn: String(made + at) } }
          current = await store.update(StageKind, { ...current, metadata }, write)
        }
      },
    },
  }
  const rates: Record<string, number[]> = {}
  for (let round = -2; round < rounds; round++)
    for (const [name, { count, run }] of Object.entries(sides)) {
      const ms = await timeOf(() => run())
      if (round >= 0) (rates[name] ??= []).push(perSecond(count, ms))
    }
  closeSync(bareFile)
  await inParallel(objects - made, writers, createNext)

  const rate = (name: string): number => rounded(quantile(rates[name] ?? [], 0.5))
  const ratio = (name: string): number => {
    const bare = rates['bare'] ?? []
    const each = (rates[name] ?? []).map((value, at) => value / (bare[at] ?? value))
    return rounded(quantile(each, 0.5), 3)
  }
  return {
    objectBytes: bytes.length,
    barePerSecond: rate('bare'),
    createPerSecond: rate('create'),
    createTogetherPerSecond: rate('together'),
    casPerSecond: rate('cas'),
    createRatio: ratio('create'),
    createTogetherRatio: ratio('together'),
    casRatio: ratio('cas'),
  }
}
