// One noisy Project with many subscriptions on a registry that allows each account 100 requests in six hours, beside
// quiet Projects with one each: how soon the quiet ones see what was pushed, against the same run without the noisy one.
// The first half of the rounds goes on while the noisy one uses up its requests, the second after it was refused. The
// registry is a process of its own, as remotes are, behind a proxy that adds a round trip.
//
//   npm run bench -- discovery-noisy [--noisy 200] [--quiet 49] [--rounds 6] [--allowed 100] [--round-trip 20]
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { isReady, openDiscoveryHome, percentile, project, warehouse } from './discovery/home.ts'
import { type LimitedRemote, startLimitedRemote } from './discovery/limited-remote.ts'

export interface NoisyOptions {
  readonly noisy: number
  readonly quiet: number
  readonly rounds: number
  /** Requests that the registry allows each account in six hours. */
  readonly allowed: number
  readonly roundTripMs: number
}

export const defaults: NoisyOptions = {
  noisy: 200,
  quiet: 49,
  rounds: 6,
  allowed: 100,
  roundTripMs: 20,
}
const wantedRatio = 1.2
/** For the noisy one to use up its requests. */
const patienceMs = 120_000

export async function run(options: Partial<NoisyOptions> = {}): Promise<object> {
  const all = { ...defaults, ...options }
  const without = await measure({ ...all, noisy: 0 })
  const beside = await measure(all)
  const ratio = Number((beside.p95Ms / without.p95Ms).toFixed(2))
  return {
    name: 'discovery-noisy',
    ...all,
    without,
    beside,
    ratio,
    wantedRatio,
    ok: ratio < wantedRatio && (beside.noisyRefused ?? 0) > 0,
  }
}

async function measure({ noisy, quiet, rounds, ...limits }: NoisyOptions) {
  const remote = await startLimitedRemote(limits)
  const home = await openDiscoveryHome()
  try {
    const image = (name: string): object => ({ image: { repoURL: `${remote.host}/${name}` } })
    const push = (version: string): Promise<void> =>
      remote.push(
        Array.from({ length: quiet }, (_, n) => `q/${n}`),
        version,
      )
    await push('1.0.0')
    await remote.push(
      Array.from({ length: noisy }, (_, n) => `n/${n}`),
      '1.0.0',
    )
    const quietOnes = Array.from({ length: quiet }, (_, n) => ({
      namespace: `quiet${n}`,
      name: 'w',
    }))
    const noisyOnes = Array.from({ length: noisy }, (_, n) => ({
      namespace: 'noisy',
      name: `w${n}`,
    }))
    for (const namespace of [
      ...quietOnes.map((at) => at.namespace),
      ...(noisy > 0 ? ['noisy'] : []),
    ]) {
      await home.apply([project(namespace), account(namespace, remote.host)])
    }
    await home.apply(
      quietOnes.map(({ namespace, name }, n) => warehouse(namespace, name, [image(`q/${n}`)])),
    )
    await home.until(quiet, isReady)
    // The first round only warms up: it is neither side's.
    await push('1.0.1')
    await home.refresh(quietOnes)
    await home.apply(
      noisyOnes.map(({ namespace, name }, n) => warehouse(namespace, name, [image(`n/${n}`)])),
    )
    const times: number[] = []
    const half = Math.ceil(rounds / 2)
    for (let round = 1; round <= rounds; round += 1) {
      if (noisy > 0 && round === half + 1) await refusal(remote)
      await push(`1.1.${round}`)
      // The noisy one asks for everything again at the same moment; nobody waits for its end.
      const noise = home.refresh(noisyOnes)
      times.push(...(await home.refresh(quietOnes)))
      noise.catch(() => undefined)
    }
    const { answered, refused } = await remote.counts('noisy')
    return {
      p50Ms: Math.round(percentile(times, 0.5)),
      p95Ms: Math.round(percentile(times, 0.95)),
      ...(noisy > 0 && { noisyAnswered: answered, noisyRefused: refused }),
    }
  } finally {
    await home.close()
    await remote.close()
  }
}

/** Resolves when the noisy one has been refused, or will not be. */
async function refusal(remote: LimitedRemote): Promise<void> {
  const end = performance.now() + patienceMs
  while ((await remote.counts('noisy')).refused === 0 && performance.now() < end) await wait(50)
}

/** The Project's own account at the registry. */
function account(namespace: string, host: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'registry', namespace, labels: { 'kargo.akuity.io/cred-type': 'image' } },
    stringData: {
      repoURL: `^${host.replaceAll('.', '\\.')}/.*$`,
      repoURLIsRegex: 'true',
      username: namespace,
      password: 'of no matter',
    },
  }
}

if (process.argv[1] === import.meta.filename) {
  const text = (value: number): { type: 'string'; default: string } => ({
    type: 'string',
    default: String(value),
  })
  const { values } = parseArgs({
    options: {
      noisy: text(defaults.noisy),
      quiet: text(defaults.quiet),
      rounds: text(defaults.rounds),
      allowed: text(defaults.allowed),
      'round-trip': text(defaults.roundTripMs),
    },
  })
  const result = await run({
    noisy: Number(values.noisy),
    quiet: Number(values.quiet),
    rounds: Number(values.rounds),
    allowed: Number(values.allowed),
    roundTripMs: Number(values['round-trip']),
  })
  console.log(JSON.stringify(result))
  if (!('ok' in result && result.ok === true)) process.exitCode = 1
}
