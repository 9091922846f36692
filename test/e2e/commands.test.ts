/** The commands against a real `gantry up`: what they print, what they leave in the store, how they exit. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Event } from '../../src/core/kinds/event.ts'
import type { Freight } from '../../src/core/kinds/freight.ts'
import type { Promotion } from '../../src/core/kinds/promotion.ts'
import type { Stage } from '../../src/core/kinds/stage.ts'
import { type GantryProcess, spawnCommand, startGantryProcess, until } from './gantry-process.ts'

/** Exit codes of `src/core/errors.ts`: scripts depend on them. */
const exits = {
  ok: 0,
  badInput: 2,
  refused: 3,
  notFound: 4,
  exists: 5,
  late: 6,
  failed: 8,
  interrupted: 130,
} as const

let folder: string
let gantry: GantryProcess
/** Answers no request: a promotion that calls it goes on until somebody ends it. */
let silent: Server
let freight: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-commands-'))
  silent = createServer(() => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo
  gantry = await startGantryProcess({ folder })
  await gantry.run(
    ['apply', '-f', '-'],
    [
      document('Project', 'demo', '', ''),
      document(
        'Warehouse',
        'web',
        `{freightCreationPolicy: Manual, subscriptions: [{image: {repoURL: '127.0.0.1:1/web'}}]}`,
      ),
      stage('test', 'direct: true', '{uses: compose-output, config: {ok: true}}'),
      stage('uat', 'stages: [test]', '{uses: compose-output, config: {ok: true}}'),
      stage('broken', 'direct: true', '{uses: fail, config: {message: as it should}}'),
      stage(
        'endless',
        'direct: true',
        `{uses: http, config: {method: GET, url: 'http://127.0.0.1:${port}/', timeout: 10m}}`,
      ),
      freightOf('1.0.0', 'brave-lynx'),
    ].join('---\n'),
  )
  const { items } = await gantry.get<{ items: Freight[] }>(['freight'])
  freight = items[0]?.metadata.name ?? ''
})

after(async () => {
  silent?.closeAllConnections()
  silent?.close()
  await gantry?.stop()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

function document(kind: string, name: string, spec: string, namespace = 'demo'): string {
  const at = namespace === '' ? '' : `, namespace: ${namespace}`
  const rest = spec === '' ? '' : `spec: ${spec}\n`
  return `apiVersion: kargo.akuity.io/v1alpha1\nkind: ${kind}\nmetadata: {name: ${name}${at}}\n${rest}`
}

function stage(name: string, sources: string, step: string): string {
  const requested = `requestedFreight: [{origin: {kind: Warehouse, name: web}, sources: {${sources}}}]`
  return document('Stage', name, `{${requested}, promotionTemplate: {spec: {steps: [${step}]}}}`)
}

function freightOf(tag: string, alias: string): string {
  return `apiVersion: kargo.akuity.io/v1alpha1
kind: Freight
metadata: {namespace: demo}
alias: ${alias}
origin: {kind: Warehouse, name: web}
images: [{repoURL: '127.0.0.1:1/web', tag: ${tag}, digest: 'sha256:${'0'.repeat(64)}'}]
`
}

function nameIn(text: string): string {
  return /promotion\.kargo\.akuity\.io\/(\S+)/.exec(text)?.[1] ?? ''
}

const phaseOf = async (name: string): Promise<string | undefined> =>
  (await gantry.get<Promotion>(['promotion', name])).status?.phase

test('promote --wait ends with 0 when the promotion succeeded, and the Stage has the Freight', async () => {
  const { code, out } = await gantry.command([
    'promote',
    '--stage',
    'test',
    '--freight',
    'brave-lynx',
    '--wait',
  ])
  assert.equal(code, exits.ok)
  assert.equal(await phaseOf(nameIn(out)), 'Succeeded')
  await until('the Stage', async () => {
    const { status } = await gantry.get<Stage>(['stage', 'test'])
    return status?.freightHistory?.[0]?.items?.['Warehouse/web']?.name === freight || undefined
  })
})

test('promote --wait ends with another code when it failed, and the promotion says why', async () => {
  const { code, out, err } = await gantry.command([
    'promote',
    '--stage',
    'broken',
    '--freight',
    freight,
    '--wait',
  ])
  assert.equal(code, exits.failed)
  assert.equal(await phaseOf(nameIn(out)), 'Failed')
  assert.match(err, /as it should/)
})

test('promote --wait gives up after its time, the promotion goes on, and abort ends it', async () => {
  const { code, out } = await gantry.command([
    'promote',
    '--stage',
    'endless',
    '--freight',
    freight,
    '--wait',
    '--timeout',
    '1s',
  ])
  assert.equal(code, exits.late)
  const name = nameIn(out)
  await until('it runs', async () => (await phaseOf(name)) === 'Running' || undefined)
  await gantry.run(['abort', name])
  await until('it is aborted', async () => (await phaseOf(name)) === 'Aborted' || undefined)
  // Asking once more is no error, says how it ended, and changes nothing.
  assert.match(await gantry.run(['abort', name]), /has ended already: Aborted/)
})

test('promote --wait with a time that is none is refused, and nothing is promoted', async () => {
  const before = await gantry.get<{ items: Promotion[] }>(['promotions'])
  const promote = ['promote', '--stage', 'test', '--freight', freight, '--wait', '--timeout']
  for (const time of ['soon', '0', '-1', '9999999999', '0s', '5d', '1.2.3', '600000h']) {
    const { code, err } = await gantry.command([...promote, time])
    assert.equal(code, exits.badInput, time)
    assert.match(err, /a timeout is a number of seconds/)
  }
  const { items } = await gantry.get<{ items: Promotion[] }>(['promotions'])
  assert.equal(items.length, before.items.length)
})

test('a wait that is interrupted says that the promotion goes on, and ends as interrupted', async () => {
  const leave = new AbortController()
  const promote = ['promote', '--stage', 'endless', '--freight', freight, '--wait']
  const waiting = gantry.command(promote, undefined, leave.signal)
  await until('it runs', async () => {
    const { items } = await gantry.get<{ items: Promotion[] }>(['promotions'])
    return items.some(({ status }) => status?.phase === 'Running') || undefined
  })
  leave.abort()
  const { code, out, err } = await waiting
  assert.equal(code, exits.interrupted)
  assert.match(err, /has not ended yet/)
  await gantry.run(['abort', nameIn(out)])
})

test('a promotion that may not be is refused, and none is made', async () => {
  await gantry.run(['apply', '-f', '-'], freightOf('2.0.0', 'calm-crane'))
  const before = await gantry.get<{ items: Promotion[] }>(['promotions'])
  const { code, err } = await gantry.command([
    'promote',
    '--stage',
    'uat',
    '--freight',
    'calm-crane',
  ])
  assert.notEqual(code, exits.ok)
  assert.match(err, /test/)
  const { items } = await gantry.get<{ items: Promotion[] }>(['promotions'])
  assert.equal(items.length, before.items.length)
})

test('explain names what stands in the way, and approve takes it away', async () => {
  const blocked = await gantry.run(['explain', 'stage', 'uat', '--freight', 'calm-crane'])
  assert.match(blocked, /test/)
  await gantry.run(['approve', '--stage', 'uat', '--freight', 'calm-crane'])
  const { items } = await gantry.get<{ items: Freight[] }>(['freight'])
  const approved = items.find(({ alias }) => alias === 'calm-crane')
  assert.ok(approved?.status?.approvedFor?.['uat'])
  const { code } = await gantry.command([
    'promote',
    '--stage',
    'uat',
    '--freight',
    'calm-crane',
    '--wait',
  ])
  assert.equal(code, exits.ok)
})

test('refresh --wait returns once the Warehouse was looked at', async () => {
  await gantry.run(['refresh', 'warehouse', 'web', '--wait'])
  const { metadata, status } = await gantry.get<{
    metadata: { annotations?: Record<string, string> }
    status?: { lastHandledRefresh?: string }
  }>(['warehouse', 'web'])
  const token = metadata.annotations?.['kargo.akuity.io/refresh']
  assert.ok(token)
  assert.equal(status?.lastHandledRefresh, token)
})

test('refresh --wait of many at once returns to each, and at once for a Promotion that has ended', async () => {
  const many = Array.from({ length: 8 }, () =>
    gantry.command(['refresh', 'stage', 'test', '--wait'], undefined, AbortSignal.timeout(20_000)),
  )
  const begun = performance.now()
  for (const { code, err } of await Promise.all(many)) assert.equal(code, exits.ok, err)
  assert.ok(performance.now() - begun < 15_000, 'none waits for ever')
  const promote = ['promote', '--stage', 'test', '--freight', freight, '--wait']
  const { out } = await gantry.command(promote)
  const limit = AbortSignal.timeout(10_000)
  const ended = await gantry.command(
    ['refresh', 'promotion', nameIn(out), '--wait'],
    undefined,
    limit,
  )
  assert.match(ended.out, /has ended already: Succeeded/)
  assert.ok(!limit.aborted)
})

test('get prints tables, names, YAML and JSON, one object bare and several as a List', async () => {
  assert.match(await gantry.run(['get', 'stages']), /^NAME\s/)
  assert.doesNotMatch(await gantry.run(['get', 'stages', '--no-headers']), /^NAME\s/)
  assert.equal(await gantry.run(['get', 'stage', 'uat', '-o', 'name']), 'stage.kargo.akuity.io/uat')
  assert.match(await gantry.run(['get', 'stage', 'uat', '-o', 'yaml']), /^apiVersion: kargo/)
  assert.equal((await gantry.get<{ kind: string }>(['stage', 'uat'])).kind, 'Stage')
  assert.equal((await gantry.get<{ kind: string }>(['stages'])).kind, 'List')
})

test('get --watch shows what comes until it is interrupted', async () => {
  const leave = new AbortController()
  const watching = gantry.command(
    ['get', 'configmaps', '-o', 'name', '--watch'],
    undefined,
    leave.signal,
  )
  const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: seen, namespace: demo}\n'
  // It may not be watching yet: a change is made until one arrives.
  const changes = Array.from({ length: 20 }, (_, index) => `${map}data: {n: "${index}"}\n`)
  for (const change of changes) await gantry.run(['apply', '-f', '-'], change)
  // The last of them may still be on its way.
  await wait(1000)
  leave.abort()
  const { out } = await watching
  assert.match(out, /configmap\/seen/)
})

test('get --watch keeps the columns of its table, and has a header also when it begins with nothing', async () => {
  const manifest = (name: string, keys: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: columns}\ndata: {${keys}}\n`
  await gantry.run(['create', 'project', 'columns'])
  const leave = new AbortController()
  const watch = ['get', 'configmaps', '-p', 'columns', '--watch']
  const watching = gantry.command(watch, undefined, leave.signal)
  await wait(500)
  for (const name of ['rather-a-long-name', 'short'])
    await gantry.run(['apply', '-f', '-'], manifest(name, 'a: b'))
  await wait(500)
  leave.abort()
  const { out, err } = await watching
  const [header = '', ...rows] = out.split('\n')
  assert.match(header, /^NAME +DESCRIPTION +KEYS +AGE$/, err)
  const keys = header.indexOf('KEYS')
  assert.deepEqual(
    rows.map((row) => [row.split(' ')[0], row[keys]]),
    [
      ['rather-a-long-name', '1'],
      ['short', '1'],
    ],
  )
})

test('get events shows what happened, newest first, as a table, as JSON and by name', async () => {
  const promote = ['promote', '--stage', 'broken', '--freight', freight, '--wait']
  const { out } = await gantry.command(promote)
  const promotion = nameIn(out)
  const table = (await gantry.run(['get', 'events'])).split('\n')
  assert.match(table[0] ?? '', /^NAME\s+LAST SEEN\s+TYPE\s+REASON\s+OBJECT\s+MESSAGE/)
  const of = table.filter((line) => line.includes(`Promotion/${promotion}`))
  assert.match(of[0] ?? '', /\s\d+s\s+Normal\s+PromotionFailed\s/)
  assert.match(of[0] ?? '', /as it should/)
  assert.match(of.at(-1) ?? '', /PromotionCreated/)
  assert.equal(
    (await gantry.run(['get', 'ev', '--no-headers'])).split('\n').length,
    table.length - 1,
  )

  const { items } = await gantry.get<{ items: Event[] }>(['events'])
  const failed = items.find(
    ({ reason, involvedObject }) =>
      reason === 'PromotionFailed' && involvedObject.name === promotion,
  )
  assert.ok(failed)
  assert.deepEqual(await gantry.get(['event', failed.metadata.name]), failed)
  const times = items.map(({ lastTimestamp }) => lastTimestamp ?? '')
  assert.deepEqual(times, times.toSorted().toReversed())
})

test('get events of a Project without any says so, and what cannot be done with Events is refused', async () => {
  await gantry.run(['apply', '-f', '-'], document('Project', 'calm', '', ''))
  const none = await gantry.command(['get', 'events', '--project', 'calm'])
  assert.equal(none.code, exits.ok)
  assert.equal(none.out, '')
  assert.match(none.err, /no events found/)
  for (const [args, code] of [
    [['get', 'event', 'absent'], exits.notFound],
    [['get', 'events', '--watch'], exits.badInput],
    [['delete', 'event', 'absent'], exits.badInput],
  ] as const) {
    const result = await gantry.command(args)
    assert.equal(result.code, code, `${args.join(' ')}: ${result.err}`)
    assert.notEqual(result.err, '', args.join(' '))
  }
})

test('apply takes folders, Lists and unknown kinds as it is told, and delete takes them away again', async () => {
  const manifests = join(folder, 'manifests', 'deeper')
  await mkdir(manifests, { recursive: true })
  const map = (name: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: demo}\n`
  await writeFile(join(folder, 'manifests', 'one.yaml'), map('one'))
  await writeFile(join(manifests, 'two.yaml'), map('two'))
  const top = await gantry.run(['apply', '-f', join(folder, 'manifests')])
  assert.match(top, /configmap\/one created/)
  assert.doesNotMatch(top, /two/)
  const all = await gantry.run(['apply', '-R', '-f', join(folder, 'manifests')])
  assert.match(all, /configmap\/two created/)

  const list = JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'three', namespace: 'demo' } },
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x', namespace: 'demo' } },
    ],
  })
  const refused = await gantry.command(['apply', '-f', '-'], list)
  assert.equal(refused.code, exits.badInput)
  assert.match(refused.err, /no kind Deployment of apps\/v1 is known.*--skip-unknown/s)
  assert.equal((await gantry.command(['apply', '--skip-unknown', '-f', '-'], list)).code, exits.ok)
  await gantry.run(['get', 'configmap', 'three'])

  await gantry.run(['delete', '-R', '-f', join(folder, 'manifests')])
  await gantry.run(['delete', 'configmap', 'three'])
  for (const name of ['one', 'two', 'three'])
    assert.equal((await gantry.command(['get', 'configmap', name])).code, exits.notFound, name)
})

test('apply --dry-run writes nothing', async () => {
  const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: dry, namespace: demo}\n'
  await gantry.run(['apply', '--dry-run', '-f', '-'], map)
  assert.equal((await gantry.command(['get', 'configmap', 'dry'])).code, exits.notFound)
})

test('what a command is not given, or does not find, has its exit code', async () => {
  const cases: readonly (readonly [readonly string[], number])[] = [
    [['get', 'nonsense'], exits.badInput],
    [['get', 'stage', 'nowhere'], exits.notFound],
    [['promote', '--stage', 'test'], exits.badInput],
    [['promote', '--freight', 'brave-lynx'], exits.badInput],
    [['promote', '--stage', 'nowhere', '--freight', 'brave-lynx'], exits.notFound],
    [['promote', '--stage', 'test', '--freight', 'no-such-alias'], exits.notFound],
    [['abort', 'nowhere'], exits.notFound],
    [['explain', 'stage', 'nowhere'], exits.notFound],
    [['apply', '-f', join(folder, 'absent.yaml')], exits.badInput],
    [['delete', 'stage', 'nowhere'], exits.notFound],
    [['no-such-command'], exits.badInput],
    [['get', 'stages', '--server', 'http://127.0.0.1:1'], exits.late],
  ]
  for (const [args, code] of cases) {
    const result = await gantry.command(args)
    assert.equal(result.code, code, `${args.join(' ')}: ${result.err}`)
    assert.notEqual(result.err, '', args.join(' '))
  }
})

test('the names of nothing are not even an empty line', async () => {
  const env = { ...gantry.env, GANTRY_SERVER: gantry.url, GANTRY_TOKEN: gantry.token }
  const main = join(import.meta.dirname, '../../src/main.ts')
  const args = [main, 'get', 'analysistemplates', '--project', 'demo', '-o', 'name']
  const { stdout } = await promisify(execFile)(process.execPath, args, { env })
  assert.equal(stdout, '')
})

test('a wrong token is refused, and the sentence says so', async () => {
  const env = { ...gantry.env, GANTRY_SERVER: gantry.url, GANTRY_TOKEN: 'wrong' }
  const { code, err } = await spawnCommand(env, ['get', 'projects'])
  assert.equal(code, exits.refused)
  assert.notEqual(err, '')
})

test('a GANTRY_PORT that is no port is said by up, and troubles no other command', async () => {
  const env = { ...gantry.env, GANTRY_PORT: 'eighty', GANTRY_DATA: join(folder, 'unused') }
  const up = await spawnCommand(env, ['up'])
  assert.equal(up.code, exits.badInput)
  assert.match(up.err, /GANTRY_PORT is "eighty": a port is a whole number/)
  const { code } = await spawnCommand(env, ['version', '--client'])
  assert.equal(code, exits.ok)
})

test('a server that is no address is refused as one, and version says when a server does not answer', async () => {
  for (const server of ['nonsense', 'localhost:8080', 'ftp://127.0.0.1']) {
    const { code, err } = await gantry.command(['get', 'stages', '--server', server])
    assert.equal(code, exits.badInput, err)
    assert.match(err, /is no address of a server: write it as http:/)
  }
  const silentVersion = ['version', '--server', 'http://127.0.0.1:1']
  const { code, out, err } = await gantry.command(silentVersion)
  assert.equal(code, exits.ok)
  assert.match(out, /^gantry \d+/)
  assert.match(err, /^cannot reach http:\/\/127\.0\.0\.1:1/)
})

test('version, catalog and link answer', async () => {
  assert.match(await gantry.run(['version']), /\d+\.\d+\.\d+/)
  assert.match(await gantry.run(['--version']), /^gantry \d/)
  const catalog: unknown = JSON.parse(await gantry.run(['catalog', '-o', 'json']))
  assert.ok(typeof catalog === 'object' && catalog !== null)
  const seams = ['steps', 'sources', 'metrics', 'hosts', 'agents', 'credentials', 'receivers']
  assert.deepEqual(Object.keys(catalog).toSorted(), seams.toSorted())
  assert.match(await gantry.run(['link']), /\/session\?code=/)
})
