import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { stringify } from 'yaml'
import { startDocumentServer } from '../../test/servers/document-server.ts'
import { pushSampleImage, startRegistry } from '../../test/servers/registry.ts'
import { createSourceContext } from '../../test/source-context.ts'
import type { Credential } from '../core/credential.ts'
import type { JsonObject } from '../core/json.ts'
import chart from './chart.ts'

const alice: Credential = { username: 'alice', password: 'p', fingerprint: 'alice' }

function contextFor(t: TestContext, credential?: Credential) {
  const ctx = createSourceContext(credential && { credential })
  t.after(() => ctx.close())
  return ctx
}

function indexOf(charts: Readonly<Record<string, readonly string[]>>): string {
  const entries = Object.entries(charts).map(([name, versions]) => [
    name,
    versions.map((version) => ({ name, version })),
  ])
  return stringify({ apiVersion: 'v1', entries: Object.fromEntries(entries) })
}

test('versions of a repository may be loose, those of a registry are strict', async (t) => {
  const server = await startDocumentServer()
  t.after(() => server.close())
  const registry = await startRegistry()
  t.after(() => registry.close())
  const versions = ['v1.2', '1.10.0', 'latest', '1.3.0+build.5', '2.0.0-rc.1']
  server.documents.set('/sub/index.yaml', indexOf({ app: versions }))
  for (const version of versions) {
    await pushSampleImage(registry, 'charts/app', version.replace('+', '_'))
  }
  const ctx = contextFor(t)
  const loose = await chart.discover(ctx, { repoURL: `${server.url}/sub/`, name: 'app' }, undefined)
  assert.deepEqual(loose.entry['versions'], ['2.0.0-rc.1', '1.10.0', '1.3.0+build.5', 'v1.2'])
  const repoURL = `oci://${registry.host}/charts/app`
  const strict = await chart.discover(ctx, { repoURL, semverConstraint: '^1' }, undefined)
  assert.deepEqual(strict.entry, {
    repoURL,
    semverConstraint: '^1',
    versions: ['1.10.0', '1.3.0+build.5'],
  })
})

test('a chart that the index does not know is an empty result', async (t) => {
  const server = await startDocumentServer()
  t.after(() => server.close())
  server.documents.set('/index.yaml', indexOf({ app: ['1.0.0'] }))
  const found = await chart.discover(
    contextFor(t),
    { repoURL: server.url, name: 'other' },
    undefined,
  )
  assert.deepEqual(found.entry['versions'], [])
})

test('one download serves all charts of a repository that are looked at together', async (t) => {
  const server = await startDocumentServer({ validator: 'last-modified' })
  t.after(() => server.close())
  server.documents.set('/index.yaml', indexOf({ a: ['1.0.0'], b: ['2.0.0'] }))
  const ctx = contextFor(t)
  const since = ctx.clock.monotonic()
  for (const name of ['a', 'b', 'a']) {
    await chart.discover({ ...ctx, since }, { repoURL: server.url, name }, undefined)
  }
  assert.deepEqual(
    server.log.map(({ status }) => status),
    [200],
  )
  const later = { ...ctx, since: ctx.clock.monotonic() }
  await chart.discover(later, { repoURL: server.url, name: 'b' }, undefined)
  assert.deepEqual(
    server.log.map(({ status }) => status),
    [200, 304],
  )
})

test('a password is sent, and what it opened is not shown without it', async (t) => {
  const server = await startDocumentServer({ username: 'alice', password: 'p' })
  t.after(() => server.close())
  server.documents.set('/index.yaml', indexOf({ app: ['1.0.0'] }))
  const subscription = { repoURL: server.url, name: 'app' }
  const found: { credential: Credential | undefined } = { credential: alice }
  const ctx = contextFor(t)
  const shared = { ...ctx, since: 0, credentials: { find: async () => found.credential } }
  const { entry } = await chart.discover(shared, subscription, undefined)
  assert.deepEqual(entry['versions'], ['1.0.0'])
  found.credential = undefined
  await assert.rejects(chart.discover(shared, subscription, undefined), { code: 'Unauthorized' })
  found.credential = alice
  const careless = { ...subscription, insecureSkipTLSVerify: true }
  server.log.length = 0
  await chart.discover(shared, careless, undefined)
  assert.equal(server.log.length, 1)
})

test('an address with very many slashes is judged at once', () => {
  const started = performance.now()
  const odd = `https://charts.example.com${'/'.repeat(30)}`
  assert.equal(chart.subscription.safeParse({ repoURL: `${odd}@` }).success, false)
  const long = `https://charts.example.com/${'/'.repeat(60_000)}x`
  assert.equal(chart.subscription.safeParse({ repoURL: long }).success, true)
  assert.equal(chart.remote({ repoURL: long, name: 'app' }), `${long}/app`)
  assert.equal(chart.remote({ repoURL: `${odd}a//`, name: 'app' }), `${odd}a/app`)
  assert.ok(performance.now() - started < 5000)
})

test('what a schema cannot say is checked', () => {
  const bad: readonly JsonObject[] = [
    { repoURL: 'https://charts.example.com' },
    { repoURL: 'oci://ghcr.io/example/app', name: 'app' },
    { repoURL: 'oci://ghcr.io/example/app', semverConstraint: 'one' },
  ]
  for (const subscription of bad) assert.equal(chart.check(subscription).length, 1)
  for (const repoURL of ['', 'charts.example.com', 'ftp://a/b', 'https://u:p@host/x'])
    assert.equal(chart.subscription.safeParse({ repoURL }).success, false, repoURL)
})
