import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { testStep, type StepCase, type StepPlace } from '../../test/contracts/step-contract.ts'
import { startGitServer, type GitServer } from '../../test/servers/git-server.ts'
import type { JsonObject } from '../core/json.ts'
import type { Step } from '../step.ts'
import gitClone from './git-clone.ts'
import gitCommit from './git-commit.ts'

/** One server for each place, made when it is first asked for. */
async function gitServer({ t, shared }: StepPlace): Promise<GitServer> {
  const known = shared.get('git')
  if (known !== undefined) return known as GitServer
  const server = await startGitServer()
  t.after(server.close)
  shared.set('git', server)
  await server.createRepo('app', { 'a.yaml': 'a: 1\n', 'dir/b': 'b' })
  return server
}

const server = ({ shared }: StepPlace): GitServer => shared.get('git') as GitServer

async function checkedOut(place: StepPlace): Promise<void> {
  const { repoURL } = await gitServer(place)
  const config = { repoURL: repoURL('app'), checkout: [{ path: 'tree', branch: 'main' }] }
  const replay = place.bench.handles.has('clone')
  await place.bench.run(gitClone, config, { alias: 'clone', replay })
}

async function changed(place: StepPlace): Promise<void> {
  await checkedOut(place)
  await writeFile(join(place.bench.root, 'tree/a.yaml'), 'a: 2\n')
}

const files =
  (contents: Readonly<Record<string, string>>) =>
  async ({ bench }: StepPlace): Promise<void> => {
    for (const [path, content] of Object.entries(contents)) {
      await mkdir(dirname(join(bench.root, path)), { recursive: true })
      await writeFile(join(bench.root, path), content)
    }
  }

const always = (config: JsonObject) => (): JsonObject => config

interface Counter {
  url: string
  calls: number
  mute: boolean
}

async function httpServer({ t, shared }: StepPlace): Promise<void> {
  if (shared.has('http')) return
  const counter: Counter = { url: '', calls: 0, mute: false }
  const listener = createServer((request, response) => {
    request.resume().on('end', () => {
      counter.calls += 1
      if (counter.mute) response.destroy()
      else response.end('{"ok": true}')
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  t.after(() => listener.close())
  const address = listener.address()
  counter.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`
  shared.set('http', counter)
}

const counter = ({ shared }: StepPlace): Counter => shared.get('http') as Counter

const cases: Readonly<Record<string, StepCase>> = {
  'compose-output': { config: always({ a: 1, b: { c: ['d'] } }) },
  copy: {
    prepare: files({ 'in/a.yaml': 'a', 'in/deep/b': 'b', 'out/c': 'c' }),
    config: always({ inPath: 'in', outPath: 'out', ignore: '*.md' }),
  },
  delete: {
    prepare: files({ 'in/a': 'a', 'in/b': 'b', c: 'c' }),
    config: always({ paths: ['in/a', 'c'] }),
  },
  fail: { config: always({ message: 'no' }), statuses: ['Failed'] },
  'file-write': { config: always({ path: 'a/b.txt', contents: 'text' }) },
  'git-clear': { prepare: checkedOut, config: always({ path: 'tree' }) },
  'git-clone': {
    prepare: async (place) => void (await gitServer(place)),
    config: (place) => ({
      repoURL: server(place).repoURL('app'),
      checkout: [
        { path: 'tree', branch: 'main' },
        { path: 'new', branch: 'env/new', create: true },
      ],
    }),
  },
  'git-commit': { prepare: changed, config: always({ path: 'tree', message: 'change' }) },
  'git-push': {
    prepare: async (place) => {
      await changed(place)
      await place.bench.run(gitCommit, { path: 'tree', message: 'change' }, { alias: 'commit' })
    },
    config: always({ path: 'tree' }),
    loseAnswer: (place) =>
      server(place).inject({
        service: 'git-receive-pack',
        phase: 'rpc',
        action: { kind: 'drop-after' },
      }),
    countEffects: async (place) => (await server(place).commits('app', 'main')).length,
  },
  http: {
    prepare: async (place) => {
      await httpServer(place)
      await files({ 'body.json': '{}' })(place)
    },
    config: (place) => ({ url: counter(place).url, method: 'POST', bodyFromFile: 'body.json' }),
    loseAnswer: (place) => {
      counter(place).mute = true
    },
    countEffects: (place) => Promise.resolve(counter(place).calls),
    cannotAsk: true,
  },
  'kustomize-set-image': {
    prepare: files({ 'o/kustomization.yaml': 'images:\n- name: a\n  newTag: v1\n' }),
    config: always({ path: 'o', images: [{ image: 'a', tag: 'v2' }] }),
  },
  'yaml-parse': {
    prepare: files({ 'v.yaml': 'key: value\n' }),
    config: always({ path: 'v.yaml', outputs: [{ name: 'k', fromExpression: 'key' }] }),
  },
  'yaml-update': {
    prepare: files({ 'v.yaml': 'key: value # c\n' }),
    config: always({ path: 'v.yaml', updates: [{ key: 'key', value: 'other' }] }),
  },
}

const folder = import.meta.dirname
const kinds = (await readdir(folder))
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => name.slice(0, -3))

test('every step has its file name as kind, and a case in this test', async () => {
  for (const kind of kinds) {
    const { default: step }: { default: Step } = await import(join(folder, `${kind}.ts`))
    assert.equal(step.kind, kind)
    assert.ok(cases[kind] !== undefined, `no case for ${kind}`)
  }
})

for (const kind of kinds) {
  const { default: step }: { default: Step } = await import(join(folder, `${kind}.ts`))
  const own = cases[kind]
  if (own !== undefined) testStep(step, own)
}
