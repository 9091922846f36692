import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createSourceContext } from '../../../test/source-context.ts'
import {
  pushSampleImage,
  startRegistry,
  type RegistryFault,
} from '../../../test/servers/registry.ts'

async function setUp(t: TestContext, ...tags: readonly string[]) {
  const registry = await startRegistry({ pageSize: 2 })
  const ctx = createSourceContext()
  t.after(async () => {
    await ctx.close()
    await registry.close()
  })
  for (const tag of tags) await pushSampleImage(registry, 'team/app', tag)
  const { signal } = ctx
  const request = { project: 'demo', repoURL: `${registry.host}/team/app`, signal }
  const open = () => ctx.registries.open({ ...request, insecureSkipTLSVerify: false })
  return { registry, tags: async () => (await open()).tags() }
}

const page = '/v2/team/app/tags/list?n=1000'

/** What a second page may look like that is none. */
const brokenPages: readonly (readonly [what: string, fault: RegistryFault])[] = [
  ['is cut off', { status: 200, body: '{"name":"team/app","tags":["3","' }],
  ['is an error under status 200', { status: 200, body: '{"errors":[{"code":"UNKNOWN"}]}' }],
  ['is empty', { status: 200, body: '' }],
  ['is a page of a proxy', { status: 200, body: '<html>please log in</html>' }],
  ['has a Link without an end', { status: 200, headers: { link: `<${page}&last=3` } }],
  ['has a Link without an address', { status: 200, headers: { link: 'rel="next"' } }],
  ['links to another repository', { status: 200, headers: { link: '</v2/x/tags>; rel=next' } }],
  ['is gone', { status: 404 }],
  ['is refused', { status: 403 }],
]

for (const [what, fault] of brokenPages)
  test(`a list of tags whose second page ${what} is an error, never a shorter list`, async (t) => {
    const { registry, tags } = await setUp(t, '1', '2', '3', '4', '5')
    assert.equal((await tags()).length, 5)
    registry.inject({ body: '{"name":"team/app","tags":["3"]}', ...fault, path: /last=2/ })
    await assert.rejects(tags(), (thrown: { code?: string }) =>
      ['Invalid', 'NotFound', 'Forbidden'].includes(thrown.code ?? ''),
    )
    assert.equal((await tags()).length, 5)
  })

test('S24: what can be no tag is passed over, whatever a registry lists', async (t) => {
  const { registry, tags } = await setUp(t, '1')
  const odd = ['--upload-pack=x', '-1', '..', '../../x', 'a b', 'a\nb', 'é', '', 'x'.repeat(129)]
  const listed = [...odd, 'v1.0_x', '_', 'x'.repeat(128)]
  registry.inject({ status: 200, body: JSON.stringify({ tags: listed }), path: /tags\/list/ })
  assert.deepEqual(await tags(), listed.slice(odd.length))
})

test('pages that link to each other in a circle are Invalid, as soon as the circle closes', async (t) => {
  const { registry, tags } = await setUp(t, '1', '2', '3', '4', '5')
  const link = `<${page}>; rel="next"`
  const body = '{"name":"team/app","tags":["3","4"]}'
  registry.inject({ path: /last=2/, status: 200, headers: { link }, body, times: 1000 })
  registry.log.length = 0
  await assert.rejects(tags(), { code: 'Invalid' })
  assert.equal(registry.log.length, 2)
})

test('a tag that begins a new page is found, although the page before it did not change', async (t) => {
  const { registry, tags } = await setUp(t, '1', '2')
  assert.deepEqual(await tags(), ['1', '2'])
  await pushSampleImage(registry, 'team/app', '3')
  registry.log.length = 0
  assert.deepEqual(await tags(), ['1', '2', '3'])
  assert.equal(registry.log[0]?.status, 304)
})

test('a repository without tags has none, whether the list is null or left out', async (t) => {
  const { registry, tags } = await setUp(t, '1')
  for (const body of ['{"name":"team/app","tags":null}', '{"name":"team/app"}']) {
    registry.inject({ path: /tags\/list/, status: 200, body })
    assert.deepEqual(await tags(), [])
  }
})

test('a registry that says that nothing changed since nothing is Invalid, not asked for ever', async (t) => {
  const { registry, tags } = await setUp(t, '1')
  registry.inject({ path: /tags\/list/, status: 304, times: 1000 })
  await assert.rejects(tags(), { code: 'Invalid' })
})
