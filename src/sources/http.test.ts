import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startDocumentServer } from '../../test/servers/document-server.ts'
import { createSourceContext } from '../../test/source-context.ts'
import type { Json, JsonObject } from '../core/json.ts'
import http from './http.ts'

async function setUp(t: TestContext, document: Json) {
  const server = await startDocumentServer()
  t.after(() => server.close())
  server.documents.set('/index.json', JSON.stringify(document))
  const ctx = createSourceContext()
  t.after(() => ctx.close())
  const url = `${server.url}/index.json`
  const discover = async (more: JsonObject): Promise<Json | undefined> =>
    (await http.discover(ctx, { url, ...more }, undefined)).entry['artifactReferences']
  return { server, ctx, url, discover }
}

const releases = [
  { tag: 'v1.2.0', draft: false, notes: 'b' },
  { tag: 'v1.10.0', draft: false, notes: 'c' },
  { tag: 'v2.0.0', draft: true, notes: 'd' },
]

test('an expression picks versions, with metadata if it wants', async (t) => {
  const { discover } = await setUp(t, { releases })
  const versions =
    'filter(response.body.releases, !.draft) | map({{"version": .tag, "metadata": {"notes": .notes}}})'
  assert.deepEqual(await discover({ versions }), [
    { artifactType: 'http', version: 'v1.10.0', metadata: { notes: 'c' } },
    { artifactType: 'http', version: 'v1.2.0', metadata: { notes: 'b' } },
  ])
  const plain = { versions: 'map(response.body.releases, .tag)' }
  const names = (found: Json | undefined): unknown[] =>
    Array.isArray(found) ? found.map((each) => (each as JsonObject)['version']) : []
  assert.deepEqual(names(await discover({ ...plain, semverConstraint: '^1' })), [
    'v1.10.0',
    'v1.2.0',
  ])
  assert.deepEqual(names(await discover({ ...plain, order: 'Lexical' })), [
    'v2.0.0',
    'v1.2.0',
    'v1.10.0',
  ])
  assert.deepEqual(names(await discover({ ...plain, order: 'Document', discoveryLimit: 1 })), [
    'v1.2.0',
  ])
})

test('what is no list of versions is Invalid', async (t) => {
  const { discover } = await setUp(t, {
    one: 1,
    many: [1],
    empty: [''],
    odd: [{ version: 'a', metadata: 1 }],
  })
  for (const name of ['one', 'many', 'empty', 'odd', 'absent.x'])
    await assert.rejects(discover({ versions: `response.body.${name}` }), { code: 'Invalid' }, name)
  await assert.rejects(discover({ versions: 'map(1..20000000, "a")' }), { code: 'Invalid' })
})

test('bad expressions, and headers that hold secrets, are refused when applied', () => {
  const url = 'https://example.com/x.json'
  assert.equal(http.check({ url, versions: 'map(' }).length, 1)
  assert.equal(http.check({ url, versions: 'x', headers: { Authorization: 'Bearer x' } }).length, 1)
  for (const name of [
    'Host',
    'connection',
    'Transfer-Encoding',
    'Content-Length',
    'UPGRADE',
    'Proxy-X',
  ])
    assert.match(http.check({ url, versions: 'x', headers: { [name]: 'x' } }).join(), /^headers: /)
  assert.deepEqual(http.check({ url, versions: 'x', headers: { 'X-Host': 'x' } }), [])
  assert.equal(http.check({ url, versions: 'x', semverConstraint: 'one' }).length, 1)
  const doubts = (versions: string): readonly string[] => http.doubts?.({ url, versions }) ?? []
  assert.deepEqual(doubts("map(response.body.list, .name) ?? split('a', ',')"), [])
  assert.match(doubts('respnse.body.list').join(), /^versions: .*"response"/)
  assert.match(doubts('pick(response.body)').join(), /^versions: there is no function "pick"/)
  const bad = ['ftp://x/y', 'https://u:p@x/y', 'x']
  for (const each of bad)
    assert.equal(http.subscription.safeParse({ url: each, versions: 'x' }).success, false, each)
})
