import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { CredentialReport } from '../../src/core/credential-report.ts'
import { type GitServer, startGitServer } from '../servers/git-server.ts'
import { type Registry, pushSampleImage, startRegistry } from '../servers/registry.ts'
import { type GantryProcess, runInProcess, startGantryProcess } from './gantry-process.ts'

/** Every secret value that the world holds. */
const canaries = {
  git: 'canary-git-5f1e',
  image: 'canary-image-8c2d',
  helm: 'canary-helm-1b9a',
  wrong: 'canary-wrong-77aa',
  inUrl: 'canary-in-url-93c4',
}

let folder: string
let git: GitServer
let registry: Registry
let charts: Server
let chartsUrl: string
let gantry: GantryProcess

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-check-'))
  git = await startGitServer({ accounts: [{ username: 'bot', password: canaries.git }] })
  registry = await startRegistry({
    auth: { kind: 'token', username: 'puller', password: canaries.image },
  })
  await git.createRepo('app', { f: '1' })
  await git.createRepo('env', { f: '1' })
  await git.createRepo('other', { f: '1' })
  await pushSampleImage(registry, 'app', '1.0.0', { created: '2026-01-01T00:00:00Z' })
  const expected = `Basic ${btoa(`reader:${canaries.helm}`)}`
  charts = createServer((request, response) => {
    response.statusCode = request.headers.authorization === expected ? 200 : 401
    response.end()
  })
  await new Promise<void>((resolve) => charts.listen(0, '127.0.0.1', resolve))
  // A TCP server that listens has an AddressInfo.
  chartsUrl = `http://127.0.0.1:${(charts.address() as AddressInfo).port}/charts`
  gantry = await startGantryProcess({ folder, env: { GANTRY_LOG_LEVEL: 'debug' } })
  await gantry.run(['apply', '-f', '-'], manifests())
})

after(async () => {
  await gantry.stop()
  await Promise.all([git.close(), registry.close()])
  charts.closeAllConnections()
  charts.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
})

function secret(
  name: string,
  type: string,
  data: Record<string, string>,
  namespace = 'demo',
): string {
  const metadata = { name, namespace, labels: { 'kargo.akuity.io/cred-type': type } }
  return JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: data })
}

function manifests(): string {
  const head = { apiVersion: 'kargo.akuity.io/v1alpha1' }
  const namespace = 'demo'
  return [
    JSON.stringify({ ...head, kind: 'Project', metadata: { name: 'demo' } }),
    JSON.stringify({
      ...head,
      kind: 'Warehouse',
      metadata: { name: 'main', namespace },
      spec: {
        interval: '24h',
        subscriptions: [
          { image: { repoURL: `${registry.host}/app` } },
          { git: { repoURL: `${git.url}/app.git` } },
        ],
      },
    }),
    JSON.stringify({
      ...head,
      kind: 'Stage',
      metadata: { name: 'test', namespace },
      spec: {
        vars: [{ name: 'repo', value: `${git.url}/env.git` }],
        requestedFreight: [
          { origin: { kind: 'Warehouse', name: 'main' }, sources: { direct: true } },
        ],
        promotionTemplate: {
          spec: {
            steps: [
              {
                uses: 'git-clone',
                as: 'one',
                config: {
                  repoURL: '${{ vars.repo }}',
                  checkout: [{ branch: 'main', path: './a' }],
                },
              },
              {
                uses: 'git-clone',
                as: 'two',
                config: {
                  repoURL: '${{ outputs.one.url }}',
                  checkout: [{ branch: 'main', path: './b' }],
                },
              },
            ],
          },
        },
      },
    }),
    secret('git-all', 'git', {
      repoURL: `^${git.url}/`,
      repoURLIsRegex: 'true',
      username: 'bot',
      password: canaries.git,
    }),
    secret('git-env', 'git', {
      repoURL: `${git.url}/env`,
      username: 'bot',
      password: canaries.wrong,
    }),
    secret('git-bad', 'git', {
      repoURL: '(',
      repoURLIsRegex: 'true',
      username: 'bot',
      password: canaries.wrong,
    }),
    secret('image', 'image', {
      repoURL: `${registry.host}/app`,
      username: 'puller',
      password: canaries.image,
    }),
    secret('charts', 'helm', { repoURL: chartsUrl, username: 'reader', password: canaries.helm }),
  ].join('\n---\n')
}

async function check(...args: string[]): Promise<{ code: number; report: CredentialReport }> {
  const { code, out, err } = await gantry.command(['check', 'credentials', '-o', 'json', ...args])
  assert.ok(out, err)
  return { code, report: JSON.parse(out) }
}

const byName = ({ secrets }: CredentialReport, name: string) =>
  secrets.find((each) => each.secret === `demo/${name}`)

test('every address is tried with the Secret that serves it; one that does not work fails the command', async () => {
  const { code, report } = await check()
  assert.equal(code, 8)
  const at = (url: string) => report.addresses.find((each) => each.url === url)
  assert.equal(at(`${registry.host}/app`)?.state, 'ok')
  assert.equal(at(`${registry.host}/app`)?.identity, 'puller')
  const app = at(`${git.url}/app.git`)
  assert.equal(app?.state, 'ok')
  assert.equal(app.secret, 'demo/git-all')
  assert.deepEqual(
    app.passedOver.map((each) => each.secret),
    ['demo/git-bad'],
  )
  const env = at(`${git.url}/env.git`)
  assert.equal(env?.state, 'refused')
  assert.equal(env.secret, 'demo/git-env', 'the address wins over the pattern')
  assert.deepEqual(env.usedBy, ['Stage test, step one'])
  assert.deepEqual(
    env.passedOver.map((each) => each.secret),
    ['demo/git-all', 'demo/git-bad'],
  )
  assert.deepEqual(report.unknown, ['Stage test, step two'])
  assert.equal(byName(report, 'git-all')?.state, 'works')
  assert.equal(byName(report, 'git-env')?.state, 'broken')
  assert.equal(byName(report, 'git-bad')?.state, 'unused')
  assert.equal(byName(report, 'git-bad')?.problems.length, 1)
})

test('one address can be asked for, and what people read says the same', async () => {
  const good = await check('--url', `${git.url}/other.git`, '--type', 'git')
  assert.equal(good.code, 0)
  assert.equal(good.report.addresses[0]?.secret, 'demo/git-all')
  const chart = await check('--url', chartsUrl, '--type', 'helm')
  assert.equal(chart.report.addresses[0]?.state, 'ok')
  assert.equal(chart.report.addresses[0].identity, 'reader')
  const nowhere = await check('--url', 'http://127.0.0.1:1/x.git')
  assert.equal(nowhere.code, 8)
  assert.equal(nowhere.report.addresses[0]?.state, 'unreachable')
  const { out } = await gantry.command(['check', 'credentials'])
  assert.match(out, /git-env.*refused/u)
})

test('who is not signed in may not check', async () => {
  const url = `${gantry.url}/v1beta1/gantry/projects/demo/check-credentials`
  const response = await fetch(url, { method: 'POST', headers: { 'x-gantry-request': 'test' } })
  assert.equal(response.status, 401)
})

test('who is no admin checks by their rights, and learns of shared Secrets only that they serve', async () => {
  const local = git.url.replace('127.0.0.1', 'localhost')
  const shared = ['create', 'repo-credentials', '--shared', '--git', '--username', 'bot']
  await gantry.run([...shared, 'org', '--repo-url', `${local}/other`], canaries.git)
  const bad = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'org-bad',
      namespace: 'kargo-shared-resources',
      labels: { 'kargo.akuity.io/cred-type': 'git' },
    },
    stringData: { repoURL: '(', repoURLIsRegex: 'true', username: 'bot', password: canaries.wrong },
  }
  await gantry.run(['apply', '-f', '-'], JSON.stringify(bad))
  await gantry.run(['create', 'role', 'auditor'])
  for (const resource of ['stages', 'secrets'])
    await gantry.run(['grant', '--role=auditor', '--verb=list', `--resource-type=${resource}`])
  const as = async (role: string, ...args: string[]) => {
    const name = `${role}-${args.length}`
    const token = await gantry.run(['create', 'token', name, '--role', role])
    const env = { ...gantry.env, GANTRY_SERVER: gantry.url, GANTRY_TOKEN: token }
    const { code, out, err } = await runInProcess(env, ['check', 'credentials', ...args])
    await gantry.run(['delete', 'token', name])
    return { code, out, err }
  }
  const foreign = ['--url', `${local}/other.git`, '-o', 'json']

  const all = await check(...foreign)
  const [seen] = all.report.addresses
  assert.equal(seen?.secret, 'kargo-shared-resources/org')
  assert.equal(seen.identity, 'bot')
  assert.match(JSON.stringify(seen.passedOver), /org-bad/)

  const admin = await as('kargo-admin', ...foreign)
  assert.equal(admin.code, 0, admin.err)
  const report: CredentialReport = JSON.parse(admin.out)
  const [address] = report.addresses
  assert.equal(address?.secret, 'kargo-shared-resources/org')
  assert.equal(address.state, 'ok')
  assert.equal(address.identity, undefined)
  assert.doesNotMatch(admin.out, /org-bad/)
  assert.match(admin.out, /git-bad/)
  const org = report.secrets.find(({ secret }) => secret.endsWith('/org'))
  assert.deepEqual([org?.state, org?.repoURL, org?.problems], ['works', undefined, []])

  const own = await as('kargo-admin')
  assert.equal(own.code, 8)
  assert.match(own.out, /git-all.*basic: bot/u)
  assert.equal((await as('auditor')).code, 8, 'what is in use may be tried by who may list Secrets')
  const refused = await as('auditor', ...foreign)
  assert.equal(refused.code, 3)
  assert.match(refused.err, /warehouses/)
  for (const role of ['kargo-viewer', 'kargo-promoter'])
    assert.equal((await as(role)).code, 3, role)
  assert.equal((await as('kargo-admin', '-p', 'elsewhere')).code, 4)
  for (const name of ['org', 'org-bad'])
    await gantry.run(['delete', 'repo-credentials', name, '--shared'])
})

test('S15, S17: no secret value in answers, logs, journal, mirrors, git configuration or the process list', async () => {
  const values = Object.values(canaries)
  const expectClean = (text: string, where: string): void => {
    for (const value of values)
      for (const form of [value, btoa(value).replace(/=+$/u, ''), encodeURIComponent(value)])
        assert.ok(!text.includes(form), `${value} in ${where}`)
  }
  let isChecking = true
  const running = Promise.all([
    gantry.command(['check', 'credentials']),
    gantry.command(['check', 'credentials', '-o', 'json']),
    gantry.command([
      'check',
      'credentials',
      '--url',
      `http://u:${canaries.inUrl}@127.0.0.1:${git.port}/none.git`,
    ]),
  ]).finally(() => {
    isChecking = false
  })
  while (isChecking) {
    const { stdout } = spawnSync('ps', ['-eo', 'args', '--no-headers'], { encoding: 'utf8' })
    expectClean(stdout, 'the process list')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  for (const { out, err } of await running) expectClean(out + err, 'what the command says')
  for (const kind of ['secrets', 'events', 'stages']) {
    const { out } = await gantry.command(['get', kind, '-o', 'json'])
    expectClean(out, kind)
  }
  for (const path of ['catalog', 'waiting?project=demo', 'objects/secrets?project=demo']) {
    const headers = { authorization: `Bearer ${gantry.token}` }
    const response = await fetch(`${gantry.url}/v1beta1/gantry/${path}`, { headers })
    expectClean(await response.text(), path)
  }
  for (const entry of await readdir(join(folder, 'data'), {
    recursive: true,
    withFileTypes: true,
  })) {
    if (!entry.isFile() || entry.name.includes('.db') || entry.name.includes('sqlite')) continue
    const path = join(entry.parentPath, entry.name)
    expectClean(await readFile(path, 'latin1'), path)
  }
  const { err } = await gantry.stop()
  expectClean(err, 'the log')
})
