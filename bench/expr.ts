/**
 * How fast expressions are: compiled evaluation against a JavaScript closure written by hand for the same condition, in
 * the same run, and compiling. Prints JSON; exits 1 when a limit is missed.
 */
import { parseArgs } from 'node:util'
import { compile, compileFresh, run } from '../src/core/expr/index.ts'
import type { Env } from '../src/core/expr/index.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '25' } } })
const rounds = Number(values.rounds)
const limits = { ratio: 12, nanoseconds: 250, compilesPerSecond: 20_000 }

interface Sample extends Env {
  readonly ctx: { readonly stage: string; readonly project: string }
  readonly vars: { readonly replicas: number }
  readonly outputs: { readonly build: { readonly passed: boolean; readonly count: number } }
}

/** Several environments of one shape, so that neither side computes its answer once and for all. */
const samples: readonly Sample[] = Array.from({ length: 64 }, (_, index) => ({
  ctx: { stage: index % 4 === 0 ? 'uat' : 'prod', project: 'shop' },
  vars: { replicas: index % 8 },
  outputs: { build: { passed: index % 3 !== 0, count: index } },
}))

const conditions: readonly {
  readonly source: string
  readonly byHand: (env: Sample) => boolean
}[] = [
  {
    source: 'ctx.stage == "prod" && vars.replicas > 2',
    byHand: (env) => env.ctx.stage === 'prod' && env.vars.replicas > 2,
  },
  {
    source: 'outputs.build.count >= 10 && outputs.build.passed && ctx.project != "demo"',
    byHand: (env) =>
      env.outputs.build.count >= 10 && env.outputs.build.passed && env.ctx.project !== 'demo',
  },
]

const calls = 100_000

/** Nanoseconds of one call, in the fastest round: other work on the machine can only slow a round. */
function measure(work: (env: Sample) => unknown): number {
  const times: number[] = []
  for (let round = 0; round < rounds + 2; round++) {
    let truths = 0
    const start = performance.now()
    for (let call = 0; call < calls; call++) {
      const sample = samples[call & 63]
      if (sample !== undefined && work(sample) === true) truths++
    }
    const elapsed = performance.now() - start
    if (truths === 0) throw new Error('the condition never held')
    // The first rounds warm up.
    if (round >= 2) times.push((elapsed * 1e6) / calls)
  }
  return Math.min(...times)
}

/** Compiles a second of expressions of 60 characters, each of them another one. */
function measureCompiles(): number {
  const perRound = 1_000
  const speeds: number[] = []
  for (let round = 0; round < rounds + 2; round++) {
    const sources = Array.from({ length: perRound }, (_, index) =>
      `outputs.step${index + round * perRound}.count > 3 && ctx.stage == "prod" || ok`
        .padEnd(60)
        .slice(0, 60),
    )
    const start = performance.now()
    for (const source of sources) compileFresh(source, undefined)
    if (round >= 2) speeds.push((perRound * 1_000) / (performance.now() - start))
  }
  return Math.max(...speeds)
}

const evaluations = conditions.map(({ source, byHand }) => {
  const program = compile(source)
  const expression = measure((env) => run(program, env))
  const closure = measure(byHand)
  return {
    source,
    expressionNs: round(expression),
    closureNs: round(closure),
    ratio: round(expression / closure),
  }
})
const compilesPerSecond = Math.round(measureCompiles())
const ok =
  compilesPerSecond >= limits.compilesPerSecond &&
  evaluations.every(
    ({ ratio, expressionNs }) => ratio <= limits.ratio && expressionNs <= limits.nanoseconds,
  )

function round(value: number): number {
  return Math.round(value * 100) / 100
}

process.stdout.write(
  `${JSON.stringify({ benchmark: 'expr', ok, limits, evaluations, compilesPerSecond }, null, 2)}\n`,
)
process.exitCode = ok ? 0 : 1
