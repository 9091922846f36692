// What looking at image registries costs: many subscriptions, many tags, and what a second look costs when nothing
// changed, each against the naive way (list all tags, fetch every manifest of interest) in the same run. Registries are
// ours, behind a proxy that adds a round trip; requests are counted in their own logs.
// Flags: --subscriptions 1000 --registries 10 --tags 10000 --builds 1000 --round-trip 20 --rate 100
import { parseArgs } from 'node:util'
import { createAddressRules } from '../src/lib/address-rules.ts'
import { createDocuments } from '../src/lib/documents.ts'
import { createHttp } from '../src/lib/http.ts'
import { mapBounded } from '../src/lib/map-bounded.ts'
import { createPace } from '../src/lib/pace.ts'
import { createRegistries } from '../src/lib/registry/index.ts'
import { systemClock } from '../src/lib/system-clock.ts'
import type { JsonObject } from '../src/core/json.ts'
import { createYaml } from '../src/lib/yaml-thread/yaml.ts'
import image from '../src/sources/image.ts'
import { startDelayProxy, type DelayProxy } from '../test/servers/delay-proxy.ts'
import { pushSampleImage, startRegistry, type Registry } from '../test/servers/registry.ts'
import { createSourceContext } from '../test/source-context.ts'

const { values } = parseArgs({
  options: {
    subscriptions: { type: 'string', default: '100' },
    registries: { type: 'string', default: '10' },
    tags: { type: 'string', default: '1000' },
    builds: { type: 'string', default: '100' },
    'round-trip': { type: 'string', default: '20' },
    rate: { type: 'string', default: '100' },
  },
})
const size = {
  subscriptions: Number(values.subscriptions),
  registries: Number(values.registries),
  tags: Number(values.tags),
  builds: Number(values.builds),
  roundTripMs: Number(values['round-trip']),
  ratePerSecond: Number(values.rate),
}
/** As many looks at a time as a Warehouse controller has by default. */
const looksAtATime = 64
const tagsEach = 5

interface Remote {
  readonly registry: Registry
  readonly proxy: DelayProxy
  /** As in `127.0.0.1:4711`, through the proxy. */
  readonly host: string
}

const remotes: Remote[] = []
for (let at = 0; at < size.registries; at += 1) {
  const registry = await startRegistry()
  const targetPort = Number(new URL(registry.url).port)
  const proxy = await startDelayProxy({ targetPort, roundTripMs: size.roundTripMs })
  remotes.push({ registry, proxy, host: `127.0.0.1:${proxy.port}` })
}

const http = createHttp({
  clock: systemClock,
  addresses: createAddressRules({ allowLoopback: true }),
})
const credentials = { find: async () => undefined }
const base = createSourceContext()
const ctx = {
  ...base,
  http,
  registries: createRegistries({
    http,
    credentials,
    clock: systemClock,
    pace: createPace({ clock: systemClock, ratePerSecond: size.ratePerSecond }),
  }),
  documents: createDocuments({
    http,
    clock: systemClock,
    yaml: createYaml({ clock: systemClock }),
  }),
}

interface Cost {
  readonly seconds: number
  readonly requests: number
  readonly manifestGets: number
  readonly heads: number
  readonly notModified: number
}

/** The time of some work, and what the registries' logs say that it asked for. */
async function measure(work: () => Promise<unknown>): Promise<Cost> {
  for (const { registry } of remotes) registry.log.length = 0
  const started = performance.now()
  await work()
  const seconds = (performance.now() - started) / 1000
  const log = remotes.flatMap(({ registry }) => registry.log)
  return {
    seconds: round(seconds),
    requests: log.length,
    manifestGets: log.filter(
      ({ method, path, status }) => method === 'GET' && status === 200 && /manifests/.test(path),
    ).length,
    heads: log.filter(({ method }) => method === 'HEAD').length,
    notModified: log.filter(({ status }) => status === 304).length,
  }
}

function discover(subscription: JsonObject): Promise<unknown> {
  return image.discover({ ...ctx, since: systemClock.monotonic() }, subscription, undefined)
}

/** What a client without memory does: all tags, then manifest and config of each tag that it wants. */
async function naive(repoURL: string, wanted: number | undefined): Promise<void> {
  const [host = '', ...path] = repoURL.split('/')
  const root = `http://${host}/v2/${path.join('/')}`
  const tags: string[] = []
  let next: string | undefined = `${root}/tags/list?n=1000`
  while (next !== undefined) {
    const response: Response = await fetch(next)
    const page = (await response.json()) as { tags: string[] }
    tags.push(...page.tags)
    const link = /<([^>]+)>/.exec(response.headers.get('link') ?? '')?.[1]
    next = link === undefined ? undefined : new URL(link, root).href
  }
  await mapBounded(tags.slice(0, wanted), 16, async (tag) => {
    const accept = 'application/vnd.oci.image.manifest.v1+json'
    const response = await fetch(`${root}/manifests/${tag}`, { headers: { accept } })
    const { config } = (await response.json()) as { config: { digest: string } }
    await (await fetch(`${root}/blobs/${config.digest}`)).arrayBuffer()
  })
}

const first = remotes[0]
if (first === undefined) throw new Error('at least one registry is needed')

const repos: string[] = []
for (let at = 0; at < size.subscriptions; at += 1) {
  const remote = remotes[at % remotes.length] ?? first
  const path = `team/app-${at}`
  const digest = await pushSampleImage(remote.registry, path, '1.0.0')
  for (let minor = 1; minor < tagsEach; minor += 1) {
    remote.registry.repo(path).tags.set(`1.${minor}.0`, digest)
  }
  repos.push(`${remote.host}/${path}`)
}
const lookAtAll = () =>
  mapBounded(repos, looksAtATime, (repoURL) => discover({ repoURL, discoveryLimit: tagsEach }))
const firstLook = await measure(lookAtAll)
const steady = await measure(lookAtAll)
const naiveLook = await measure(() =>
  mapBounded(repos, looksAtATime, (repoURL) => naive(repoURL, tagsEach)),
)

const many = 'team/many'
const digest = await pushSampleImage(first.registry, many, '0.0.0')
for (let at = 1; at < size.tags; at += 1) first.registry.repo(many).tags.set(`1.0.${at}`, digest)
const semver = { repoURL: `${first.host}/${many}`, discoveryLimit: 20 }
const manyFirst = await measure(() => discover(semver))
const manySecond = await measure(() => discover(semver))
const manyNaive = await measure(() => naive(semver.repoURL, undefined))

const builds = 'team/builds'
for (let at = 0; at < size.builds; at += 1) {
  const created = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString()
  await pushSampleImage(first.registry, builds, `build-${at}`, { created })
}
const newest = { repoURL: `${first.host}/${builds}`, imageSelectionStrategy: 'NewestBuild' }
const newestFirst = await measure(() => discover(newest))
const newestSecond = await measure(() => discover(newest))
const newestNaive = await measure(() => naive(newest.repoURL, undefined))

process.stdout.write(
  `${JSON.stringify(
    {
      benchmark: 'discovery-images',
      size,
      subscriptions: {
        firstLook,
        steady: { ...steady, perSecond: round(repos.length / steady.seconds) },
        naive: naiveLook,
        ratios: ratios(naiveLook, steady),
      },
      manyTags: {
        firstLook: manyFirst,
        secondLook: manySecond,
        naive: manyNaive,
        ratios: ratios(manyNaive, manySecond),
      },
      newestBuild: {
        firstLook: newestFirst,
        secondLook: newestSecond,
        naive: newestNaive,
        ratios: ratios(newestNaive, newestSecond),
      },
    },
    undefined,
    2,
  )}\n`,
)
await http.close()
await base.close()
for (const { proxy, registry } of remotes) {
  await proxy.close()
  await registry.close()
}

/** How many times more the naive way costs. Our own requests are paced, its are not. */
function ratios(naiveCost: Cost, ours: Cost) {
  return {
    requests: round(naiveCost.requests / ours.requests),
    seconds: round(naiveCost.seconds / ours.seconds),
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
