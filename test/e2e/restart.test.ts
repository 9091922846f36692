import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Freight } from '../../src/core/kinds/freight.ts'
import type { Promotion } from '../../src/core/kinds/promotion.ts'
import { type GitServer, startGitServer } from '../servers/git-server.ts'
import { type GantryProcess, startGantryProcess, startProcess, until } from './gantry-process.ts'

const rounds = process.env['GANTRY_LONG'] === '1' ? 15 : 3
const stages = ['east', 'west'] as const
/** Makes a promotion last: each request to the git server takes so long. */
const latencyMs = 40

let folder: string
let git: GitServer
let gantry: GantryProcess
let freight: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gantry-restart-'))
  git = await startGitServer()
  await git.createRepo('deploy', { 'versions.txt': '' })
  gantry = await startGantryProcess({ folder })
  await gantry.run(['apply', '-f', '-'], manifests())
  freight = await until('Freight', async () => {
    const { items } = await gantry.get<{ items: Freight[] }>(['freight'])
    return items[0]?.metadata.name
  })
  git.setLatency(latencyMs)
})

after(async () => {
  await gantry?.kill()
  await git?.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

const project = JSON.stringify({
  apiVersion: 'kargo.akuity.io/v1alpha1',
  kind: 'Project',
  metadata: { name: 'demo' },
})

/** A Project whose Stages write the name of each Promotion into one branch. */
function manifests(): string {
  const repoURL = git.repoURL('deploy')
  const warehouse = {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Warehouse',
    metadata: { name: 'deploy', namespace: 'demo' },
    spec: { interval: '1h', subscriptions: [{ git: { repoURL } }] },
  }
  const steps = [
    { uses: 'git-clone', config: { repoURL, checkout: [{ branch: 'main', path: './src' }] } },
    {
      uses: 'file-write',
      config: { path: './src/${{ ctx.stage }}/${{ ctx.promotion }}', contents: 'x' },
    },
    { uses: 'git-commit', config: { path: './src', message: 'promote ${{ ctx.promotion }}' } },
    { uses: 'git-push', config: { path: './src' } },
  ]
  const stage = (name: string): object => ({
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Stage',
    metadata: { name, namespace: 'demo' },
    spec: {
      requestedFreight: [
        { origin: { kind: 'Warehouse', name: 'deploy' }, sources: { direct: true } },
      ],
      promotionTemplate: { spec: { steps } },
    },
  })
  const rest = [warehouse, ...stages.map(stage)].map((object) => JSON.stringify(object))
  return [project, ...rest].join('\n---\n')
}

/** What a person is told, without the log. */
const sentences = (err: string): string[] =>
  err.split('\n').filter((line) => !line.startsWith('{"level"'))

const configMap = (name: string, text = ''): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'demo' },
    data: { text },
  })

async function startPromotions(): Promise<void> {
  for (const stage of stages) await gantry.run(['promote', '--stage', stage, '--freight', freight])
}

async function promotions(): Promise<readonly Promotion[]> {
  return (await gantry.get<{ items: Promotion[] }>(['promotions'])).items
}

const isRunning = async (): Promise<boolean> =>
  (await promotions()).some(({ status }) => status?.phase === 'Running')

/** Many killed promotions on a machine that has other things to do. */
const endLimitMs = 180_000

/** All Promotions have succeeded, and each is exactly one commit; judged from the git server. */
async function expectOneCommitEach(): Promise<void> {
  await until(
    'the end of all promotions',
    async () => {
      const all = await promotions()
      const failed = all.filter(({ status }) => /Failed|Errored|Aborted/.test(status?.phase ?? ''))
      assert.deepEqual(failed, [])
      return all.every(({ status }) => status?.phase === 'Succeeded')
    },
    endLimitMs,
  )
  const names = (await promotions()).map(({ metadata }) => metadata.name)
  const [, ...commits] = (await git.commits('deploy', 'main')).toReversed()
  assert.deepEqual(
    commits.map(({ subject }) => subject).toSorted(),
    names.map((name) => `promote ${name}`).toSorted(),
  )
}

test('a process that is killed again and again promotes each time to exactly one commit', async (t) => {
  for (let round = 1; round <= rounds; round++) {
    await startPromotions()
    await until('a running promotion', isRunning)
    const delayMs = Math.round(Math.random() * 600)
    await wait(delayMs)
    await gantry.kill()
    t.diagnostic(`round ${round}: killed after ${delayMs} ms`)
    gantry = await startGantryProcess({ folder, port: gantry.port })
    assert.deepEqual(
      (await gantry.get<{ items: { metadata: { name: string } }[] }>(['stages'])).items.map(
        ({ metadata }) => metadata.name,
      ),
      stages,
    )
  }
  await expectOneCommitEach()
  assert.equal((await promotions()).length, rounds * stages.length)
})

test('a data folder has one owner: a second process is refused with one sentence', async () => {
  const second = await startProcess({ folder })
  assert.ok(!('url' in second))
  assert.equal(second.code, 6)
  assert.match(second.err, new RegExp(`^gantry: [^\\n]*in use by process ${gantry.pid}\\b[^\\n]*$`))
  assert.equal((await fetch(`${gantry.url}/readyz`)).status, 200)
})

test('Ctrl-C in the middle of a promotion ends in order, and the next start goes on with it', async () => {
  await startPromotions()
  await until('a running promotion', isRunning)
  const begun = performance.now()
  gantry.signal('SIGINT')
  const { code, err } = await gantry.ended
  const elapsedMs = performance.now() - begun
  assert.equal(code, 0, err)
  assert.ok(elapsedMs < 5000, `it took ${Math.round(elapsedMs)} ms`)
  gantry = await startGantryProcess({ folder, port: gantry.port })
  await expectOneCommitEach()
  assert.equal((await promotions()).length, (rounds + 1) * stages.length)
})

test('a watch that is open does not hold up Ctrl-C, and ends', async () => {
  const leaving = new AbortController()
  const watching = gantry.command(['get', 'stages', '--watch'], '', leaving.signal)
  await wait(300)
  const begun = performance.now()
  gantry.signal('SIGINT')
  const { code, err } = await gantry.ended
  assert.equal(code, 0, err)
  assert.ok(performance.now() - begun < 5000)
  leaving.abort()
  await watching
  gantry = await startGantryProcess({ folder, port: gantry.port })
})

test('promote --wait and get --watch go on when the process is killed and comes up again', async () => {
  const leaving = new AbortController()
  const watching = gantry.command(['get', 'promotions', '--watch'], '', leaving.signal)
  const promote = ['promote', '--stage', 'east', '--freight', freight, '--wait']
  const waiting = gantry.command(promote)
  await until('a running promotion', isRunning)
  await gantry.kill()
  gantry = await startGantryProcess({ folder, port: gantry.port })
  const { code, out, err } = await waiting
  assert.equal(code, 0, err)
  const [, name = ''] = /promotion\.kargo\.akuity\.io\/(\S+) created/.exec(out) ?? []
  await wait(1500)
  leaving.abort()
  const watched = await watching
  assert.equal(watched.code, 0, watched.err)
  assert.match(watched.err, /lost the connection/)
  const rows = watched.out.split('\n').filter((line) => line.startsWith(name))
  assert.match(rows.at(-1) ?? '', /Succeeded/)
})

test('the data folder deleted under it: writes get 503 with one sentence, it ends, and a new start goes on', async () => {
  const place = join(folder, 'deleted')
  const first = await startGantryProcess({ folder: place })
  await first.run(['apply', '-f', '-'], project)
  await rm(join(place, 'data'), { recursive: true, force: true, maxRetries: 5 })
  const answer = await fetch(`${first.url}/v1beta1/resources?upsert=true`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${first.token}` },
    body: configMap('too-late'),
  })
  assert.equal(answer.status, 503)
  const problem = (await answer.json()) as { code: string; error: string }
  assert.equal(problem.code, 'Unavailable')
  // Whichever of the files goes first.
  assert.match(problem.error, /gantry\.db(-wal)? was removed/)
  const { code, err } = await first.ended
  assert.equal(code, 6)
  assert.deepEqual(sentences(err), [`gantry: ${problem.error}`])

  const next = await startGantryProcess({ folder: place })
  await next.run(['apply', '-f', '-'], project)
  // Nobody writes: it notices by itself.
  await rm(join(place, 'data'), { recursive: true, force: true, maxRetries: 5 })
  assert.equal((await next.ended).code, 6)
})

test('a full disk: one sentence, 503, the end; with space again everything acknowledged is there', async () => {
  const place = join(folder, 'full')
  const disk = await smallDisk(place)
  const { data, wrapper } = disk
  try {
    const first = await startGantryProcess({ folder: place, data, wrapper })
    await first.run(['apply', '-f', '-'], project)
    let acknowledged = 0
    let sentence = ''
    for (; acknowledged < 200 && sentence === ''; acknowledged++) {
      const manifest = configMap(`block-${acknowledged}`, 'x'.repeat(100_000))
      const { code, err } = await first.command(['apply', '-f', '-'], manifest)
      if (code === 0) continue
      assert.equal(code, 6, err)
      sentence = err
      break
    }
    assert.match(sentence, /^gantry: [^\n]*\bdisk\b[^\n]*$/)
    const { code, err } = await first.ended
    assert.equal(code, 6)
    assert.equal(sentences(err).length, 1, err)
    assert.match(err, /gantry: [^\n]*\bdisk\b[^\n]*$/)

    await disk.makeRoom()
    const next = await startGantryProcess({ folder: place, data })
    const names = (await next.run(['get', 'configmaps', '-o', 'name'])).split('\n')
    for (let index = 0; index < acknowledged; index++)
      assert.ok(names.includes(`configmap/block-${index}`), `block-${index} was acknowledged`)
    await next.run(['apply', '-f', '-'], configMap('and-on'))
    assert.equal((await next.stop()).code, 0)
  } finally {
    await disk.remove()
  }
})

interface SmallDisk {
  readonly data: string
  readonly wrapper: readonly string[]
  makeRoom(): Promise<void>
  remove(): Promise<void>
}

/** A real file system of 3 MiB where one may be mounted; elsewhere files that may not grow beyond that. */
async function smallDisk(place: string): Promise<SmallDisk> {
  const data = join(place, 'data')
  await mkdir(data, { recursive: true })
  const mount = (options: string): void => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', data], { stdio: 'ignore' })
  }
  try {
    mount('size=3m')
    return {
      data,
      wrapper: [],
      makeRoom: async () => mount('remount,size=60m'),
      remove: async () => {
        execFileSync('umount', ['--lazy', data])
      },
    }
  } catch {
    const blocks = (3 * 1024 * 1024) / 512
    return {
      data,
      wrapper: ['/bin/sh', '-c', `ulimit -f ${blocks}; exec "$@"`, 'sh'],
      makeRoom: async () => undefined,
      remove: async () => undefined,
    }
  }
}

test('it listens beyond loopback only when an admin password is set', async () => {
  const place = join(folder, 'open')
  const refused = await startProcess({ folder: place, args: ['--host', '0.0.0.0'] })
  assert.ok(!('url' in refused))
  assert.equal(refused.code, 2)
  assert.match(refused.err, /^gantry: [^\n]*GANTRY_ADMIN_PASSWORD[^\n]*$/)

  const env = { GANTRY_ADMIN_PASSWORD: 'correct horse battery staple' }
  const open = await startGantryProcess({ folder: place, args: ['--host', '0.0.0.0'], env })
  const login = async (password: string): Promise<number> =>
    (
      await fetch(`${open.url}/v1beta1/login`, {
        method: 'POST',
        headers: { authorization: `Bearer ${password}` },
      })
    ).status
  assert.equal(await login('correct horse battery staple'), 200)
  assert.equal(await login('wrong'), 403)
  await open.stop()
})
