/** What the commands remember, how they sign in, and what else Kargo's commands do, against a real `gantry up`. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { parse } from 'yaml'
import type { Freight } from '../../src/core/kinds/freight.ts'
import type { KubeObject } from '../../src/core/kinds/kind.ts'
import { selfSigned } from '../servers/self-signed.ts'
import { type GantryProcess, runInProcess, startGantryProcess, until } from './gantry-process.ts'

const exits = {
  ok: 0,
  badInput: 2,
  refused: 3,
  notFound: 4,
  exists: 5,
  late: 6,
  failed: 8,
} as const
const password = 'a password of the tests'

let folder: string
let gantry: GantryProcess

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-settings-'))
  gantry = await startGantryProcess({ folder, env: { GANTRY_ADMIN_PASSWORD: password } })
  await gantry.run(['apply', '-f', '-'], world())
})

after(async () => {
  await gantry?.stop()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

function world(): string {
  const head = 'apiVersion: kargo.akuity.io/v1alpha1\nkind: '
  const warehouse = (name: string): string =>
    `${head}Warehouse\nmetadata: {name: ${name}, namespace: demo}
spec: {freightCreationPolicy: Manual, subscriptions: [{image: {repoURL: '127.0.0.1:1/web'}}]}\n`
  const freight = (origin: string, alias: string): string =>
    `${head}Freight\nmetadata: {namespace: demo}\nalias: ${alias}
origin: {kind: Warehouse, name: ${origin}}\ndiscoveredAt: '2020-01-01T00:00:00Z'
images: [{repoURL: '127.0.0.1:1/web', tag: ${alias}, digest: 'sha256:${'0'.repeat(64)}'}]\n`
  const stage = (name: string, sources: string, step: string): string =>
    `${head}Stage\nmetadata: {name: ${name}, namespace: demo}
spec: {requestedFreight: [{origin: {kind: Warehouse, name: web}, sources: {${sources}}}],
  promotionTemplate: {spec: {steps: [${step}]}}}\n`
  const fine = '{uses: compose-output, config: {ok: true}}'
  return [
    `${head}Project\nmetadata: {name: demo}\n`,
    `${head}ProjectConfig\nmetadata: {name: demo, namespace: demo}\nspec: {}\n`,
    `${head}ClusterConfig\nmetadata: {name: cluster}\nspec: {}\n`,
    warehouse('web'),
    warehouse('api'),
    stage('test', 'direct: true', fine),
    stage('east', 'stages: [test]', fine),
    stage('west', 'stages: [test]', '{task: {name: nowhere}}'),
    freight('web', 'brave-lynx'),
    freight('api', 'calm-crane'),
  ].join('---\n')
}

/** A person with a config folder of their own and nothing in the environment. */
async function person(): Promise<NodeJS.ProcessEnv> {
  const home = await mkdtemp(join(folder, 'home-'))
  const { PATH, NODE_COMPILE_CACHE } = gantry.env
  return { PATH, NODE_COMPILE_CACHE, HOME: home, XDG_CONFIG_HOME: join(home, 'config') }
}

const settingsOf = (env: NodeJS.ProcessEnv): string =>
  join(env['XDG_CONFIG_HOME'] ?? '', 'gantry', 'servers.json')

function listen(server: Server): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      // A TCP server that listens has an AddressInfo.
      resolve((server.address() as AddressInfo).port)
    }),
  )
}

test('whoever signs in with the password can work until they sign out, and nobody else reads the file', async () => {
  const env = await person()
  const wrong = await runInProcess(env, ['login', gantry.url, '--admin'], 'wrong\n')
  assert.equal(wrong.code, exits.refused)
  const signedIn = await runInProcess(env, ['login', `${gantry.url}/`, '--admin'], `${password}\n`)
  assert.equal(signedIn.code, exits.ok, signedIn.err)
  assert.equal(signedIn.out, `signed in to ${gantry.url}`)
  assert.equal((await runInProcess(env, ['get', 'projects'])).code, exits.ok)
  assert.equal((await stat(settingsOf(env))).mode & 0o777, 0o600)
  const kept = await readFile(settingsOf(env), 'utf8')
  assert.ok(!kept.includes(password))

  assert.equal((await runInProcess(env, ['logout'])).code, exits.ok)
  const out = await runInProcess(env, ['get', 'projects'])
  assert.equal(out.code, exits.refused)
  assert.match(out.err, /gantry login/)
  assert.doesNotMatch(await readFile(settingsOf(env), 'utf8'), /ey[A-Za-z0-9]{10}/)

  const again = await runInProcess(env, ['login'], password)
  assert.equal(again.code, exits.ok, 'the server is remembered')
  await runInProcess(env, ['logout', '--all'])
  assert.equal((await runInProcess(env, ['get', 'projects'])).code, exits.badInput)
})

test('the password may be a flag or come from a file, and a token is taken only when it is good', async () => {
  const env = await person()
  const file = join(env['HOME'] ?? '', 'password')
  await writeFile(file, `${password}\n`)
  const login = ['login', gantry.url]
  const byFile = await runInProcess(env, [...login, '--admin', '--password-file', file])
  assert.equal(byFile.code, exits.ok, byFile.err)
  const byFlag = await runInProcess(env, [...login, '--admin', '--password', password])
  assert.equal(byFlag.code, exits.ok)

  await gantry.run(['create', 'role', 'reader'])
  await gantry.run(['grant', '--role', 'reader', '--verb', 'list', '--resource-type', 'stages'])
  const token = await gantry.run(['create', 'token', 'reader', '--role', 'reader'])
  assert.equal((await runInProcess(env, [...login, '--token'], token)).code, exits.ok)
  const asReader = ['get', 'stages', '-p', 'demo']
  assert.equal((await runInProcess(env, asReader)).code, exits.ok)
  assert.notEqual((await runInProcess(env, ['get', 'secrets', '-p', 'demo'])).code, exits.ok)
  const tampered = await runInProcess(env, [...login, '--token'], `${token}x`)
  assert.equal(tampered.code, exits.refused)
  assert.equal((await runInProcess(env, asReader)).code, exits.ok, 'what was stored is untouched')
})

test('a login that cannot be says what can', async () => {
  const env = await person()
  const cases: readonly (readonly string[])[] = [
    ['login', gantry.url],
    ['login', gantry.url, '--sso'],
    ['login', gantry.url, '--kubeconfig'],
    ['login', gantry.url, '--admin', '--token'],
    ['login', 'ftp://example.com', '--admin', '--password', 'x'],
    ['login', '--admin', '--password', 'x'],
    ['login', gantry.url, '--admin', '--password', ''],
    ['login', gantry.url, '--token', '--token-file', join(folder, 'nowhere')],
  ]
  for (const args of cases) {
    const { code, err } = await runInProcess(env, args)
    assert.equal(code, exits.badInput, `${args.join(' ')}: ${err}`)
  }
  const https = await runInProcess(env, ['login', '127.0.0.1:1', '--admin', '--password', 'x'])
  assert.equal(https.code, exits.late)
  assert.match(https.err, /https:\/\/127\.0\.0\.1:1/)
})

test('at a terminal the password is asked for and not shown', async () => {
  const env = await person()
  const main = join(import.meta.dirname, '../../src/main.ts')
  const line = `'${process.execPath}' '${main}' login '${gantry.url}' --admin`
  const child = spawn('script', ['-qefc', line, '/dev/null'], { env, stdio: 'pipe' })
  let shown = ''
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
  })
  await until('the question', async () => shown.includes('Admin password: '))
  child.stdin.write(`${password}\r`)
  const code = await new Promise((resolve) => child.once('close', resolve))
  assert.equal(code, exits.ok, shown)
  assert.ok(!shown.includes(password))
  assert.equal((await runInProcess(env, ['get', 'projects'])).code, exits.ok)
})

test('the project that is set counts where none is named', async () => {
  const env = { ...(await person()), GANTRY_SERVER: gantry.url, GANTRY_TOKEN: gantry.token }
  const none = await runInProcess(env, ['get', 'roles'])
  assert.equal(none.code, exits.badInput)
  assert.match(none.err, /set-project/)
  await runInProcess(env, ['config', 'set-project', ' DEMO '])
  assert.equal((await runInProcess(env, ['config', 'get-project'])).out, 'demo')
  assert.equal((await runInProcess(env, ['get', 'roles'])).code, exits.ok)
  assert.match((await runInProcess(env, ['get', 'stages', '-o', 'name'])).out, /test/)
  const elsewhere = await runInProcess(env, ['get', 'stages', '-p', 'other', '-o', 'name'])
  assert.equal(elsewhere.out, '')
  await runInProcess(env, ['config', 'set-project', ''])
  assert.equal((await runInProcess(env, ['config', 'get-project'])).out, '')
})

test('without a project get shows what there is in all of them, each with its project', async () => {
  const env = { ...gantry.env, GANTRY_SERVER: gantry.url, GANTRY_PROJECT: '' }
  const all = await runInProcess(env, ['get', 'stages'])
  assert.equal(all.code, exits.ok)
  assert.match(all.out, /^PROJECT +NAME .*\ndemo +east /)
  const { code, err } = await runInProcess(env, ['promote', '--stage', 'east', '--freight', 'x'])
  assert.equal(code, exits.badInput)
  assert.match(err, /--project/)
})

test('config view shows servers and project, and tokens only when asked', async () => {
  const env = await person()
  await runInProcess(env, ['login', gantry.url, '--admin'], password)
  await runInProcess(env, ['config', 'set-project', 'demo'])
  const view = parse((await runInProcess(env, ['config', 'view'])).out)
  assert.equal(view.apiAddress, gantry.url)
  assert.equal(view.project, 'demo')
  assert.doesNotMatch(view.bearerToken, /^ey/)
  const raw = JSON.parse((await runInProcess(env, ['config', 'view', '--raw', '-o', 'json'])).out)
  assert.match(raw.bearerToken, /^ey/)
  assert.equal(raw.servers.length, 1)
})

test('of several servers one is talked to', async () => {
  const env = await person()
  const localhost = gantry.url.replace('127.0.0.1', 'localhost')
  await runInProcess(env, ['login', localhost, '--admin'], password)
  await runInProcess(env, ['login', gantry.url, '--admin'], password)
  const current = async (): Promise<string> =>
    parse((await runInProcess(env, ['config', 'view'])).out).apiAddress
  assert.equal(await current(), gantry.url)
  assert.equal((await runInProcess(env, ['config', 'use-server', localhost])).code, exits.ok)
  assert.equal(await current(), localhost)
  const unknown = await runInProcess(env, ['config', 'use-server', 'http://127.0.0.1:1'])
  assert.equal(unknown.code, exits.notFound)
  assert.equal(await current(), localhost)
  await runInProcess(env, ['logout'])
  assert.equal((await runInProcess(env, ['get', 'projects'])).code, exits.refused)
  assert.equal(
    (await runInProcess(env, ['get', 'projects', '--server', gantry.url])).code,
    exits.ok,
  )
})

test("what scripts set for Kargo's command names the server and the token, both or neither", async () => {
  const env = { ...(await person()), KARGO_API_ADDRESS: gantry.url, KARGO_API_TOKEN: gantry.token }
  assert.equal((await runInProcess(env, ['get', 'projects'])).code, exits.ok)
  const half = await runInProcess({ ...env, KARGO_API_TOKEN: '' }, ['get', 'projects'])
  assert.equal(half.code, exits.badInput)
  const won = { ...env, GANTRY_SERVER: 'http://127.0.0.1:1' }
  assert.equal((await runInProcess(won, ['get', 'projects'])).code, exits.late)
})

test('a certificate that nobody vouches for is refused, unless one says not to look', async () => {
  const proxy = createTlsServer(selfSigned, (incoming, outgoing) => {
    const { method, url, headers } = incoming
    const onward = request(`${gantry.url}${url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(onward)
  })
  try {
    const url = `https://127.0.0.1:${await listen(proxy)}`
    const env = await person()
    const login = ['login', url, '--admin']
    assert.equal((await runInProcess(env, login, password)).code, exits.late)
    const flag = '--insecure-skip-tls-verify'
    const signedIn = await runInProcess(env, [...login, flag], password)
    assert.equal(signedIn.code, exits.ok, signedIn.err)
    assert.equal((await runInProcess(env, ['get', 'projects'])).code, exits.ok, 'it is remembered')
    const other = { ...(await person()), GANTRY_SERVER: url, GANTRY_TOKEN: gantry.token }
    assert.equal((await runInProcess(other, ['get', 'projects'])).code, exits.late)
    const refresh = ['refresh', 'warehouse', 'web', '-p', 'demo', '--wait']
    assert.equal((await runInProcess(other, [...refresh, flag])).code, exits.ok, 'streams too')
  } finally {
    proxy.closeAllConnections()
    proxy.close()
  }
})

test('dashboard opens the page in the browser of the person, and says where it is when there is none', async () => {
  const env = await person()
  const browser = join(env['HOME'] ?? '', 'xdg-open')
  const opened = join(env['HOME'] ?? '', 'opened')
  await writeFile(browser, `#!/bin/sh\necho "$1" > '${opened}'\n`)
  await chmod(browser, 0o755)
  const server = ['--server', gantry.url]
  const path = `${env['HOME']}:${env['PATH']}`
  const { code } = await runInProcess({ ...env, PATH: path }, ['dashboard', ...server])
  assert.equal(code, exits.ok)
  const url = await until(
    'the browser',
    async () => (await readFile(opened, 'utf8')).trim() || undefined,
  )
  assert.equal(url, gantry.url)
  const without = await runInProcess({ ...env, PATH: '/nowhere' }, ['dashboard', ...server])
  assert.equal(without.code, exits.badInput)
  assert.ok(without.err.includes(gantry.url))
})

test('Freight is found by name, alias and Warehouse, and is as old as its discovery', async () => {
  const table = await gantry.run(['get', 'freight'])
  assert.match(table, /^NAME +ALIAS +ORIGIN +AGE/)
  assert.match(table, /brave-lynx +Warehouse\/web +\d{4}d/)
  const of = async (...args: string[]): Promise<(string | undefined)[]> =>
    (await gantry.get<{ items: Freight[] }>(['freight', ...args])).items.map(({ alias }) => alias)
  assert.deepEqual(await of('--warehouse', 'api'), ['calm-crane'])
  assert.deepEqual(await of('--origin', 'web'), ['brave-lynx'])
  assert.deepEqual(await of('--alias', 'calm-crane', '--alias', 'brave-lynx'), [
    'calm-crane',
    'brave-lynx',
  ])
  const { metadata } = await gantry.get<Freight>(['freight', '--alias', 'brave-lynx'])
  assert.equal(
    (await gantry.get<Freight>(['freight', '--name', metadata.name])).alias,
    'brave-lynx',
  )
})

test('Freight gets another alias and is deleted by it', async () => {
  const [, manifest = ''] = /(apiVersion[^-]*kind: Freight[^]*?)---/.exec(world()) ?? []
  await gantry.run(['apply', '-f', '-'], manifest.replaceAll('brave-lynx', 'old-name'))
  const renamed = await gantry.run([
    'update',
    'freight',
    '--old-alias',
    'old-name',
    '--new-alias',
    'new-name',
  ])
  assert.match(renamed, /^freight\.kargo\.akuity\.io\/\w+ updated$/)
  assert.equal((await gantry.get<Freight>(['freight', '--alias', 'new-name'])).alias, 'new-name')
  assert.equal(
    (await gantry.command(['get', 'freight', '--alias', 'old-name'])).code,
    exits.notFound,
  )
  await gantry.run(['delete', 'freight', '--alias', 'new-name'])
  assert.equal(
    (await gantry.command(['get', 'freight', '--alias', 'new-name'])).code,
    exits.notFound,
  )
})

test('a promotion downstream starts what can start, says what was refused, and fails', async () => {
  await gantry.run(['promote', '--stage', 'test', '--freight', 'brave-lynx', '--wait'])
  await gantry.run(['approve', '--stage', 'east', '--freight', 'brave-lynx'])
  await gantry.run(['approve', '--stage', 'west', '--freight', 'brave-lynx'])
  const promote = [
    'promote',
    '--downstream-from',
    'test',
    '--freight-alias',
    'brave-lynx',
    '--wait',
  ]
  const { code, out, err } = await gantry.command(promote)
  assert.equal(code, exits.failed, err)
  assert.match(out, /^promotion\.kargo\.akuity\.io\/east\.\S+ created$/)
  assert.match(err, /west/)
  const { items } = await gantry.get<{ items: KubeObject[] }>(['promotions', '--stage', 'east'])
  assert.equal(items.length, 1)
  const created = await gantry.run([
    'promote',
    '--stage',
    'test',
    '--freight',
    'brave-lynx',
    '-o',
    'json',
  ])
  assert.equal(JSON.parse(created).kind, 'Promotion')
})

test('configurations have one name, which nobody needs to say', async () => {
  assert.equal((await gantry.get<KubeObject>(['projectconfig'])).metadata.name, 'demo')
  assert.equal((await gantry.get<KubeObject>(['clusterconfig'])).metadata.name, 'cluster')
  await gantry.run(['refresh', 'clusterconfig', '--wait'])
  await gantry.run(['refresh', 'projectconfig', '--wait'])
  await gantry.run(['delete', 'clusterconfig'])
  assert.equal((await gantry.command(['get', 'clusterconfig'])).code, exits.notFound)
})

test('a Stage whose Freight was never verified cannot be verified again, and logs of jobs are not kept', async () => {
  for (const more of [[], ['--abort']]) {
    const { code, err } = await gantry.command(['verify', 'stage', 'west', ...more])
    assert.equal(code, exits.exists)
    assert.match(err, /west/)
  }
  assert.equal((await gantry.command(['verify', 'stage', 'nowhere'])).code, exits.notFound)
  const logs = await gantry.command(['logs', 'run', '--metric', 'load', '--container', 'main'])
  assert.equal(logs.code, exits.badInput)
  assert.match(logs.err, /not served/)
})

test('manifests are also read from an address', async () => {
  const files = createServer((incoming, outgoing) => {
    outgoing.statusCode = incoming.url === '/map.yaml' ? 200 : 404
    outgoing.end('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: far}\ndata: {a: b}\n')
  })
  try {
    const url = `http://127.0.0.1:${await listen(files)}`
    assert.equal(await gantry.run(['apply', '-f', `${url}/map.yaml`]), 'configmap/far created')
    assert.equal((await gantry.command(['apply', '-f', `${url}/none`])).code, exits.badInput)
    assert.equal((await gantry.command(['apply', '-f', 'http://127.0.0.1:1/x'])).code, exits.late)
    await gantry.run(['delete', '-f', `${url}/map.yaml`])
    assert.equal((await gantry.command(['get', 'configmap', 'far'])).code, exits.notFound)
  } finally {
    files.closeAllConnections()
    files.close()
  }
})

test('a format that there is not is refused, with those that there are', async () => {
  for (const format of [
    'go-template={{.items}}',
    'jsonpath',
    'jsonpath={.a',
    'jsonpath-file=/nowhere',
  ]) {
    const { code, err } = await gantry.command(['get', 'stages', '-o', format])
    assert.equal(code, exits.badInput, format)
    assert.match(err, /json|nowhere/i, format)
  }
  const versions = parse(await gantry.run(['version', '-o', 'yaml']))
  assert.equal(versions.kind, 'ComponentVersions')
  assert.equal(versions.cli.version, versions.server.version)
})

test('what a script wants of an object is printed by a JSONPath template', async () => {
  const names = await gantry.run(['get', 'stages', '-o', 'jsonpath={.items[*].metadata.name}'])
  assert.deepEqual(names.split(' ').toSorted(), ['east', 'test', 'west'])
  const kind = ['-o', 'jsonpath={.kind}']
  assert.equal(await gantry.run(['get', 'stage', 'east', ...kind]), 'Stage')
  assert.equal(await gantry.run(['create', 'configmap', 'j', '--set', 'a=b', ...kind]), 'ConfigMap')
  assert.equal(await gantry.run(['delete', 'configmap', 'j']), 'configmap/j deleted')
  const file = join(folder, 'template')
  await writeFile(file, '{range .items[*]}{.alias};{end}')
  const aliases = await gantry.run([
    'get',
    'freight',
    '--warehouse',
    'api',
    '-o',
    `jsonpath-file=${file}`,
  ])
  assert.equal(aliases, 'calm-crane;')
  const found = await gantry.run(['get', 'stages', '-o', 'jsonpath-as-json={.items[*].kind}'])
  assert.deepEqual(JSON.parse(found), ['Stage', 'Stage', 'Stage'])
  const env = await person()
  await runInProcess(env, ['login', gantry.url, '--admin'], password)
  const token = await runInProcess(env, [
    'config',
    'view',
    '--raw',
    '-o',
    'jsonpath={.bearerToken}',
  ])
  assert.match(token.out, /^ey\S+$/)
  assert.equal(await gantry.run(['version', '-o', 'jsonpath={.kind}']), 'ComponentVersions')
})

test('a template may be a flag of its own, and the flags about templates and managed fields are taken', async () => {
  const template = '{.items[*].metadata.name}'
  const shown = ['get', 'stages', '--no-headers', '--show-managed-fields']
  const names = 'east test west'
  const apart = await gantry.run([...shown, '-o', 'jsonpath', '--template', template])
  assert.equal(apart, names)
  const joined = ['--output=jsonpath', `--template=${template}`, '--allow-missing-template-keys']
  assert.equal(await gantry.run([...shown, ...joined]), names)
  const file = join(folder, 'names')
  await writeFile(file, template)
  const fromFile = ['-o', 'jsonpath-file', '--template', file]
  assert.equal(await gantry.run(['get', 'stages', ...fromFile]), names)
  assert.equal(
    await gantry.run(['version', '-o', 'jsonpath', '--template={.kind}']),
    'ComponentVersions',
  )
  const bare = await gantry.command(['get', 'stages', '-o', 'jsonpath'])
  assert.equal(bare.code, exits.badInput)
  assert.match(bare.err, /jsonpath=TEMPLATE/)
  const go = await gantry.command(['get', 'stages', '-o', 'go-template', '--template={{.kind}}'])
  assert.match(go.err, /Go templates/)
})

test('a switch may be written with its value', async () => {
  const on = ['create', 'repo-credentials', 'switched', '--git=true', '--username', 'u']
  const address = ['--repo-url', '^https://example.com/', '--password', 'p']
  await gantry.run([
    ...on,
    ...address,
    '--regex=true',
    '--image=false',
    '--insecure-skip-tls-verify=false',
  ])
  const regex = [
    'get',
    'repo-credentials',
    'switched',
    '-o',
    'jsonpath={.stringData.repoURLIsRegex}',
  ]
  assert.equal(await gantry.run(regex), 'true')
  await gantry.run(['update', 'repo-credentials', 'switched', '--regex=false', ...address])
  assert.notEqual(await gantry.run(regex), 'true')
  await gantry.run(['delete', 'repo-credentials', 'switched', '--shared=false'])
  const odd = await gantry.command(['get', 'stages', '--no-headers=perhaps'])
  assert.equal(odd.code, exits.badInput)
  assert.match(odd.err, /--no-headers/)
  // What belongs to a flag, or stands behind --, is not a switch.
  await gantry.run(['create', 'configmap', 'told', '--set', 'a=b', '--description', '--wait=true'])
  const description = 'jsonpath={.metadata.annotations}'
  assert.match(await gantry.run(['get', 'configmap', 'told', '-o', description]), /--wait=true/)
  await gantry.run(['delete', 'configmap', 'told'])
})

test('a template finds the only object of a list as itself and as an item; JSON has a List, however many there are', async () => {
  const only = ['get', 'freight', '--warehouse', 'api']
  assert.equal(await gantry.run([...only, '--output', 'jsonpath={.alias}']), 'calm-crane')
  assert.equal(await gantry.run([...only, '-o', 'jsonpath={.items[*].alias}']), 'calm-crane')
  const { kind, items } = JSON.parse(await gantry.run([...only, '-o', 'json']))
  assert.deepEqual([kind, items.length], ['List', 1])
  const none = JSON.parse(await gantry.run(['get', 'promotions', '--stage', 'x', '-o', 'json']))
  assert.deepEqual([none.kind, none.items], ['List', []])
})

test('a flag of one letter may be joined to its value by an equals sign', async () => {
  assert.match(await gantry.run(['get', 'stage', 'east', '-p=demo', '-o=name']), /^stage.*east$/)
  const manifests = join(folder, 'several')
  await mkdir(join(manifests, 'deeper'), { recursive: true })
  const map = (name: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: demo}\n`
  const [one, two] = [join(manifests, 'one.yaml'), join(manifests, 'deeper', 'two.yaml')]
  await writeFile(one, map('one'))
  await writeFile(two, map('two'))
  assert.match(await gantry.run(['apply', `-f=${manifests}`, '-R=true']), /two .*\n.*one /)
  // Several files in one flag, as in kubectl's.
  assert.match(await gantry.run(['delete', '-f', `${one},${two}`]), /one .*\n.*two /)
  await writeFile(join(manifests, 'a,b.yaml'), map('comma'))
  assert.match(await gantry.run(['apply', '-f', join(manifests, 'a,b.yaml')]), /comma/)
  await gantry.run(['delete', 'configmap', 'comma'])
})

test('a word of Kargo that means something else here is answered with what to say', async () => {
  const server = await gantry.command(['server', '--address', '127.0.0.1:0'])
  assert.equal(server.code, exits.badInput)
  assert.match(server.err, /gantry up/)
  const kind = await gantry.command(['get', 'project-config'])
  assert.equal(kind.code, exits.badInput)
  assert.match(kind.err, /did you mean "projectconfig"/)
  const credentials = await gantry.command(['create', 'credentials', 'x', '--git'])
  assert.equal(credentials.code, exits.badInput)
  assert.match(credentials.err, /repo-credentials/)
})

test("the file of Kargo's command is not read: it may name a server that others still use", async () => {
  const env = await person()
  const kargo = join(env['XDG_CONFIG_HOME'] ?? '', 'kargo')
  await mkdir(kargo, { recursive: true })
  const text = `apiAddress: ${gantry.url}\nbearerToken: ${gantry.token}\nproject: demo\n`
  await writeFile(join(kargo, 'config'), text)
  const { code, err } = await runInProcess(env, ['get', 'projects'])
  assert.equal(code, exits.badInput)
  assert.match(err, /gantry login/)
})

test('a shell that was told how completes commands, aliases, flags and kinds', async () => {
  const script = await gantry.run(['completion', 'bash'])
  const complete = (...words: readonly string[]): string[] => {
    const typed = ['gantry', ...words].map((word) => `'${word}'`).join(' ')
    const ask = `COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _gantry; echo "\${COMPREPLY[@]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', `${script}\n${ask}`], { encoding: 'utf8' })
    assert.equal(stderr, '')
    return stdout.trim().split(' ')
  }
  assert.deepEqual(complete('pro'), ['promote'])
  assert.deepEqual(complete('config', 'set'), ['set-project'])
  assert.deepEqual(complete('create', '-p', 'demo', 'ro'), ['role'])
  assert.deepEqual(complete('create', 'repo-creds', 'x', '--password-'), ['--password-file'])
  assert.deepEqual(complete('get', 'wareh'), ['warehouses'])
  assert.deepEqual(complete('get', 'promotions', '--st'), ['--stage'])
  assert.match(await gantry.run(['completion', 'zsh']), /^autoload .*bashcompinit/)
  assert.equal((await gantry.command(['completion', 'fish'])).code, exits.badInput)
  assert.equal((await gantry.command(['completion', 'sh'])).code, exits.badInput)
})
