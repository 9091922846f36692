/**
 * How long the main loop is held up by YAML: the longest pause between two of its turns while a text is read or edited
 * at once, and by a thread, in the same run; and from which length on a thread is worth its message. Prints JSON; exits
 * 1 when a limit is missed.
 *
 *   npm run bench -- yaml [--rounds 3]
 */
import { parseArgs } from 'node:util'
import { parseManifests } from '../src/api/manifests.ts'
import { systemClock } from '../src/lib/system-clock.ts'
import { createYaml, type Yaml } from '../src/lib/yaml-thread/yaml.ts'

const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } })
const rounds = Number(flags.rounds)
/** At least so much shorter are the pauses with a thread. */
const wantedRatio = 10

const here = createYaml({ clock: systemClock, inlineLength: Infinity })
const away = createYaml({ clock: systemClock, inlineLength: 0 })
const { signal } = new AbortController()

const service = (at: number): string =>
  `service-${at}:\n  image: registry.example.com/team/app-${at}\n  tag: v1.2.${at} # set by ci\n  ports: [80, 443]\n`
const stage = (at: number): string =>
  `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: stage-${at}, namespace: shop}
spec:
  requestedFreight:
    - origin: {kind: Warehouse, name: main}
      sources: {direct: true}
  promotionTemplate:
    spec:
      steps:
        - uses: yaml-update
          config:
            path: ./src/values.yaml
            updates:
              - key: image.tag
                value: v1.2.${at}
`

function textOf(piece: (at: number) => string, length: number, between = ''): string {
  const pieces: string[] = []
  for (let left = length; left > 0; left -= (pieces.at(-1)?.length ?? 0) + between.length)
    pieces.push(piece(pieces.length))
  return pieces.slice(0, -1).join(between)
}

const values = (length: number): string => `image:\n  tag: v1\n${textOf(service, length)}`
const MiB = 1024 * 1024
const megabyte = values(MiB - 100)
const manifests = textOf(stage, 4 * MiB, '---\n')
const update = [{ key: 'image.tag', value: 'v2' }]

const jobs: Readonly<Record<string, (yaml: Yaml) => Promise<unknown>>> = {
  'read 1 MiB': (yaml) => yaml.read(megabyte, 'values.yaml'),
  'edit 1 MiB': (yaml) => yaml.setScalars(megabyte, update, 'values.yaml'),
  'apply 4 MiB': (yaml) => parseManifests(yaml, manifests, { strict: true, signal }),
}

/** The longest pause, and how long it takes; the best of the rounds, for other work on the machine only adds to them. */
async function measure(work: () => Promise<unknown>): Promise<{ pauseMs: number; tookMs: number }> {
  let best = { pauseMs: Infinity, tookMs: Infinity }
  for (let round = 0; round < rounds; round += 1) {
    let isDone = false
    let pauseMs = 0
    const start = performance.now()
    const done = work().finally(() => (isDone = true))
    for (let last = start; !isDone;) {
      await new Promise((resolve) => setTimeout(resolve, 0))
      const now = performance.now()
      pauseMs = Math.max(pauseMs, now - last)
      last = now
    }
    await done
    const tookMs = performance.now() - start
    best = { pauseMs: Math.min(best.pauseMs, pauseMs), tookMs: Math.min(best.tookMs, tookMs) }
  }
  return best
}

async function fastest(work: () => Promise<unknown>): Promise<number> {
  let best = Infinity
  for (let round = 0; round < 10 * rounds; round += 1) {
    const start = performance.now()
    await work()
    best = Math.min(best, performance.now() - start)
  }
  return best
}

const startAt = performance.now()
await away.read('a: 1', 'f')
const firstMs = performance.now() - startAt

const long: object[] = []
let ok = true
for (const [name, job] of Object.entries(jobs)) {
  const inline = await measure(() => job(here))
  const thread = await measure(() => job(away))
  const pauseRatio = inline.pauseMs / thread.pauseMs
  ok &&= pauseRatio >= wantedRatio
  long.push({
    name,
    pauseMs: { inline: round(inline.pauseMs), thread: round(thread.pauseMs) },
    pauseRatio: round(pauseRatio),
    tookMs: { inline: round(inline.tookMs), thread: round(thread.tookMs) },
    timeRatio: round(thread.tookMs / inline.tookMs),
  })
}

const short: object[] = []
for (const length of [128, 1024, 4096, 8192, 16_384]) {
  const source = values(length)
  const edit = (yaml: Yaml) => (): Promise<unknown> => yaml.setScalars(source, update, 'f')
  const [inline, thread] = [await fastest(edit(here)), await fastest(edit(away))]
  short.push({ length, inlineMs: round(inline), threadMs: round(thread) })
}
await Promise.all([here.close(), away.close()])

function round(value: number): number {
  return Math.round(value * 100) / 100
}

process.stdout.write(
  `${JSON.stringify({ benchmark: 'yaml', ok, wantedRatio, firstMs: round(firstMs), long, short }, null, 2)}\n`,
)
process.exitCode = ok ? 0 : 1
