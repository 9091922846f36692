import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { StageKind } from '../../src/core/kinds/stage.ts'
import type { Store } from '../../src/store.ts'
import { createStage, write } from './samples.ts'
import { inParallel, perSecond, quantile, rounded, timeOf } from './times.ts'

const rounds = 15
const writesPerRound = 100
/** How many writers there are at a time: from a lone one to a busy instance. */
const writersAtOnce = [1, 2, 4, 16] as const
const busyWriters = 16

export interface WriteResults {
  /** Of the stored Stage, and of what the bare loop appends. */
  readonly objectBytes: number
  /** One after another: append + fdatasync. */
  readonly barePerSecond: number
  /** By the number of writers, each of which waits for its last write: durable, through the product's admission. */
  readonly creates: Readonly<Record<number, Rate>>
  /** One after another: updates that name the version they replace. */
  readonly cas: Rate
}

export interface Rate {
  readonly perSecond: number
  /** Of the bare loop's. */
  readonly ratio: number
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
    ...Object.fromEntries(
      writersAtOnce.map((writers) => {
        const count = Math.min(writers, 4) * writesPerRound
        return [createSide(writers), { count, run: () => inParallel(count, writers, createNext) }]
      }),
    ),
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
  await inParallel(objects - made, busyWriters, createNext)

  const bare = rates['bare'] ?? []
  const rateOf = (name: string): Rate => {
    const rate = rates[name] ?? []
    const ratios = rate.map((value, at) => value / (bare[at] ?? value))
    return { perSecond: rounded(quantile(rate, 0.5)), ratio: rounded(quantile(ratios, 0.5), 3) }
  }
  return {
    objectBytes: bytes.length,
    barePerSecond: rounded(quantile(bare, 0.5)),
    creates: Object.fromEntries(
      writersAtOnce.map((writers) => [writers, rateOf(createSide(writers))]),
    ),
    cas: rateOf('cas'),
  }
}

function createSide(writers: number): string {
  return `create by ${writers}`
}
