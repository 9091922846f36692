/**
 * Secret values of every kind that a running Gantry holds and uses, each with a word of its own, and then everything
 * that it shows: every GET of the API, metrics, Events, streams, its log, and the files of its data folder.
 */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { operations } from '../../src/api/routes/index.ts'
import { allKinds } from '../../src/core/kinds/index.ts'
import type { KubeObject } from '../../src/core/kinds/kind.ts'
import type { Promotion } from '../../src/core/kinds/promotion.ts'
import { type GantryProcess, startGantryProcess, until } from './gantry-process.ts'

/** A value with what JSON, URLs and base64 write differently. */
const canary = (name: string): string => `canary-${name}"<&>/+ü-7391`
const secrets = {
  step: canary('step'),
  replicated: canary('replicated'),
  repository: canary('repository'),
  shared: canary('shared'),
  system: canary('system'),
  raw: canary('raw'),
  webhook: 'canary-webhook-7391-in-an-address',
  adminToken: 'canary-admin-token-7391',
  adminPassword: 'canary-admin-password-7391',
}

let folder: string
let gantry: GantryProcess
/** Answers with what it was sent, as careless services do. */
let echo: Server
let apiToken: string
/** What the echo was sent: the secret was really used. */
const sent: string[] = []

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-canary-'))
  echo = createServer((request, response) => {
    const header = String(request.headers['x-secret'] ?? '')
    sent.push(header)
    response.writeHead(request.url === '/refuse' ? 403 : 200, {
      'content-type': 'application/json',
    })
    response.end(JSON.stringify({ header, again: [Buffer.from(header).toString('base64')] }))
  })
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  const env = {
    GANTRY_LOG_LEVEL: 'debug',
    GANTRY_ADMIN_TOKEN: secrets.adminToken,
    GANTRY_TOKEN: secrets.adminToken,
    GANTRY_ADMIN_PASSWORD: secrets.adminPassword,
  }
  gantry = await startGantryProcess({ folder, env })
})

after(async () => {
  await gantry?.stop()
  echo?.closeAllConnections()
  echo?.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

async function ask(method: string, path: string, body?: object): Promise<string> {
  const response = await fetch(`${gantry.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${secrets.adminToken}` },
    ...(body && { body: JSON.stringify(body) }),
  })
  return response.text()
}

const quoted = (value: string): string => JSON.stringify(value)
const kargo = 'apiVersion: kargo.akuity.io/v1alpha1\n'

function stage(name: string, steps: string): string {
  return `${kargo}kind: Stage
metadata: {name: ${name}, namespace: demo}
spec:
  vars: [{name: word, value: '\${{ secret("step").key }}'}]
  requestedFreight: [{origin: {kind: Warehouse, name: web}, sources: {direct: true}}]
  promotionTemplate:
    spec:
      steps:
${steps.replaceAll(/^/gm, '        ')}
`
}

function http(path: string): string {
  const { port } = echo.address() as AddressInfo
  return `- uses: http
  as: call
  config:
    url: http://127.0.0.1:${port}${path}
    method: GET
    headers: [{name: X-Secret, value: '\${{ quote(secret("step").key) }}'}]
    successExpression: response.status == 200
    failureExpression: response.status != 200
    outputs: [{name: header, fromExpression: response.body.header}, {name: again, fromExpression: response.body}]
`
}

/** Each shows the secret to whoever looks at what steps were given, gave, or failed with. */
const stages = (): Readonly<Record<string, string>> => ({
  'in-outputs': `- uses: compose-output
  as: made
  config: {plain: '\${{ secret("step").key }}', inside: ['\${{ "a " + vars.word + " b" }}']}
- uses: compose-output
  config: {carried: '\${{ outputs.made.plain }}'}
`,
  'in-failure': `- uses: fail
  config: {message: 'could not use \${{ vars.word }}'}
`,
  'in-answer': http('/'),
  'in-refusal': http('/refuse'),
  'in-error': `- uses: copy
  config: {inPath: '\${{ secret("step").key }}', outPath: b}
`,
  'in-config': `- uses: compose-output
  config: {'\${{ secret("step").key }}': x, n: '\${{ int(secret("step").key) }}'}
`,
  'in-expression': `- uses: compose-output
  config: {n: '\${{ fromJSON(secret("step").key) }}'}
`,
})

/** Everything is made, and every Stage is promoted to until that has ended. */
async function fill(): Promise<void> {
  await gantry.run(
    ['apply', '-f', '-'],
    [
      `${kargo}kind: Project\nmetadata: {name: demo}\n`,
      `apiVersion: v1
kind: Secret
metadata: {name: step, namespace: demo, labels: {kargo.akuity.io/cred-type: generic}, annotations: {note: ${quoted(secrets.step)}}}
stringData: {key: ${quoted(secrets.step)}}
`,
      `apiVersion: v1
kind: Secret
metadata: {name: hook, namespace: demo, labels: {kargo.akuity.io/cred-type: generic}}
stringData: {secret: ${quoted(secrets.webhook)}}
`,
      `apiVersion: v1
kind: Secret
metadata: {name: raw, namespace: demo}
stringData: {key: ${quoted(secrets.raw)}}
`,
      `${kargo}kind: ProjectConfig
metadata: {name: demo, namespace: demo}
spec: {webhookReceivers: [{name: hook, github: {secretRef: {name: hook}}}]}
`,
      `${kargo}kind: Warehouse
metadata: {name: web, namespace: demo}
spec: {freightCreationPolicy: Manual, subscriptions: [{image: {repoURL: '127.0.0.1:1/web'}}]}
`,
      ...Object.entries(stages()).map(([name, steps]) => stage(name, steps)),
      `${kargo}kind: Freight
metadata: {namespace: demo}
alias: brave-lynx
origin: {kind: Warehouse, name: web}
images: [{repoURL: '127.0.0.1:1/web', tag: 1.0.0, digest: 'sha256:${'0'.repeat(64)}'}]
`,
    ].join('---\n'),
  )
  const project = '/v1beta1/projects/demo'
  const repository = { type: 'image', repoUrl: '127.0.0.1:1/web', username: 'bot' }
  await ask('POST', `${project}/repo-credentials`, {
    ...repository,
    name: 'repository',
    password: secrets.repository,
  })
  await ask('POST', '/v1beta1/shared/repo-credentials', {
    ...repository,
    name: 'shared',
    password: secrets.shared,
  })
  await ask('POST', '/v1beta1/shared/generic-credentials', {
    name: 'replicated',
    data: { key: secrets.replicated },
    replicate: true,
  })
  await ask('POST', '/v1beta1/system/generic-credentials', {
    name: 'system',
    data: { key: secrets.system },
  })
  const made = await ask('POST', `${project}/roles/kargo-viewer/api-tokens`, { name: 'token' })
  apiToken = Buffer.from(
    (JSON.parse(made) as { data: { token: string } }).data.token,
    'base64',
  ).toString()
  await fetch(`${gantry.url}/v1beta1/login`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secrets.adminPassword}` },
  })
  for (const name of Object.keys(stages()))
    await gantry.command(['promote', '--stage', name, '--freight', 'brave-lynx', '--wait'])
  await gantry.run(['refresh', 'warehouse', 'web', '--wait'])
  await until('a copy of the shared Secret', async () =>
    (await ask('GET', `${project}/generic-credentials/replicated`)).includes('"replicated"'),
  )
}

/** The names of everything there is, by parameter of a path. */
async function namesOfAll(): Promise<Readonly<Record<string, readonly string[]>>> {
  const names = new Map<string, readonly string[]>()
  for (const { plural } of allKinds) {
    const text = await ask('GET', `/v1beta1/gantry/objects/${plural}`)
    const { items } = JSON.parse(text) as { items: KubeObject[] }
    names.set(
      plural,
      items.map(({ metadata }) => metadata.name),
    )
  }
  const of = (plural: string): readonly string[] => names.get(plural) ?? []
  return {
    project: ['demo'],
    kind: allKinds.map(({ plural }) => plural),
    'kind/:name': [...names].flatMap(([plural, all]) => all.map((name) => `${plural}/${name}`)),
    stage: of('stages'),
    warehouse: of('warehouses'),
    freight: of('freights'),
    promotion: of('promotions'),
    role: of('serviceaccounts'),
    apitoken: ['token'],
    name: [...of('secrets'), ...of('configmaps')],
  }
}

/** A path once for each name that its parameters may have. */
function filled(path: string, names: Readonly<Record<string, readonly string[]>>): string[] {
  const parameter = /:(kind\/:name|\w+)/.exec(path)
  if (parameter === null) return [path]
  const values = names[parameter[1] ?? ''] ?? []
  return values.flatMap((value) => filled(path.replace(parameter[0], encodeURI(value)), names))
}

/** What a stream tells at first. */
async function listen(path: string): Promise<string> {
  const stopping = new AbortController()
  const response = await fetch(`${gantry.url}${path}`, {
    headers: { authorization: `Bearer ${secrets.adminToken}` },
    signal: stopping.signal,
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const quiet = new Promise<undefined>((resolve) => setTimeout(resolve, 300, undefined))
    const next = await Promise.race([reader?.read(), quiet])
    if (next?.value === undefined) break
    text += next.value
  }
  stopping.abort()
  return text
}

/** The forms in which a value may turn up. */
function formsOf(value: string): readonly string[] {
  return [
    value,
    Buffer.from(value).toString('base64').replace(/=+$/, ''),
    Buffer.from(value).toString('base64url'),
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    Buffer.from(value).toString('hex'),
  ]
}

test('no secret value is shown by any route, stream, metric, Event, log or file', async () => {
  await fill()
  const seen: [string, string][] = []
  const names = await namesOfAll()
  const look = async (address: string, text: Promise<string>): Promise<void> => {
    seen.push([address, await text])
  }
  for (const { path, answers } of operations.filter(({ method }) => method === 'GET')) {
    const isStream = path.endsWith('/stream')
    const addresses = isStream ? [] : filled(path, names)
    const query = path.startsWith('/v1beta1/gantry') ? '?project=demo' : ''
    await Promise.all(addresses.map((address) => look(address, ask('GET', address + query))))
    if (answers.watchable !== true && !isStream) continue
    const watched = filled(path, { ...names, name: [] })
    const tell = (address: string) => listen(`${address}?watch=true&project=demo`)
    await Promise.all(watched.map((address) => look(`${address} (watch)`, tell(address))))
  }
  const metrics = seen.find(([address]) => address === '/metrics')?.[1] ?? ''
  assert.match(metrics, /^gantry_/m)
  // Whoever may scrape learns no names either.
  assert.doesNotMatch(metrics, /demo|brave-lynx|in-outputs/)
  assert.ok(seen.some(([, text]) => text.includes('PromotionFailed')))
  assert.ok(seen.some(([address, text]) => address.endsWith('(watch)') && text.includes('ADDED')))
  assert.ok(
    sent.some((header) => header.includes(secrets.step.slice(0, 11))),
    sent.join(),
  )
  const promotions = seen.find(([address]) => address === '/v1beta1/projects/demo/promotions')?.[1]
  const { items } = JSON.parse(promotions ?? '') as { items: Promotion[] }
  const phases = Object.fromEntries(items.map(({ spec, status }) => [spec.stage, status?.phase]))
  assert.equal(phases['in-outputs'], 'Succeeded')
  assert.equal(phases['in-answer'], 'Succeeded', JSON.stringify(items.map(({ status }) => status)))
  assert.equal(phases['in-failure'], 'Failed')

  const { err } = await gantry.stop()
  assert.match(err, /"level":20/)
  seen.push(['the log', err])
  const data = join(folder, 'data')
  for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    seen.push([file, (await readFile(file)).toString('latin1')])
  }
  const values = Object.entries({ ...secrets, apiToken })
  const shown = values.flatMap(([name, value]) =>
    formsOf(value).flatMap((form) =>
      seen.flatMap(([where, text]) => {
        const at = text.indexOf(form)
        return at === -1
          ? []
          : [`${name} in ${where}: ${text.slice(Math.max(0, at - 150), at + 60)}`]
      }),
    ),
  )
  assert.deepEqual(shown, [])
})
