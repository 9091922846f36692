/** Token authentication against Debian's docker-registry, with images in it. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Credential } from '../src/core/credential.ts'
import chart from '../src/sources/chart.ts'
import image from '../src/sources/image.ts'
import { createFakeClock } from './fake-clock.ts'
import {
  noDockerRegistry as skip,
  startDockerRegistry,
  type TokenLives,
} from './servers/docker-registry.ts'
import { pushSampleImage } from './servers/registry.ts'
import { createSourceContext } from './source-context.ts'

const alice: Credential = { username: 'alice', password: 'secret', fingerprint: 'alice' }

async function setUp(t: TestContext, credential?: Credential, lives?: TokenLives) {
  const registry = await startDockerRegistry('token', undefined, lives)
  const clock = createFakeClock()
  const ctx = createSourceContext({ clock, ...(credential && { credential }) })
  t.after(async () => {
    await ctx.close()
    await registry.close()
  })
  const push = async (path: string, tag: string): Promise<string> =>
    pushSampleImage({ ...registry, authorization: await registry.pushHeader(path) }, path, tag)
  const look = async (path = 'team/app') => {
    const subscription = { repoURL: `${registry.host}/${path}` }
    const { entry } = await image.discover(ctx, subscription, undefined)
    return (entry['references'] as { tag: string; digest: string }[]).map(
      ({ tag, digest }) => `${tag} ${digest}`,
    )
  }
  return { registry, clock, ctx, push, look }
}

test(
  'images and charts are read with a token that is good for pulling from that repository alone',
  { skip },
  async (t) => {
    const { registry, ctx, push, look } = await setUp(t, alice)
    const digest = await push('team/app', '1.0.0')
    await push('team/other', '2.0.0')
    await push('charts/app', '3.0.0_build.5')
    for (let round = 0; round < 2; round += 1) {
      assert.deepEqual(await look(), [`1.0.0 ${digest}`])
      assert.equal((await look('team/other')).length, 1)
    }
    const oci = { repoURL: `oci://${registry.host}/charts/app` }
    const { entry } = await chart.discover(ctx, oci, undefined)
    assert.deepEqual(entry['versions'], ['3.0.0+build.5'])
    assert.deepEqual(
      registry.tokens.map(({ scopes }) => scopes),
      ['team/app', 'team/other', 'charts/app'].map((path) => [`repository:${path}:pull`]),
    )
  },
)

test('without the right password it stays shut, and nothing is found', { skip }, async (t) => {
  for (const credential of [undefined, { ...alice, password: 'no', fingerprint: 'wrong' }]) {
    const { registry, push, look } = await setUp(t, credential)
    await push('team/app', '1.0.0')
    await assert.rejects(look(), { code: 'Unauthorized' })
    assert.deepEqual(registry.tokens, [])
  }
})

test('a token is renewed before it ends, as the token server announced', { skip }, async (t) => {
  const { registry, clock, push, look } = await setUp(t, alice, { announced: 100 })
  await push('team/app', '1.0.0')
  await look()
  await clock.advance(80_000)
  await look()
  assert.equal(registry.tokens.length, 1)
  await clock.advance(15_000)
  assert.equal((await look()).length, 1)
  assert.equal(registry.tokens.length, 2)
})

test(
  'a token that ends sooner than announced is renewed when it is refused',
  { skip },
  async (t) => {
    const { registry, push, look } = await setUp(t, alice, { real: -52 })
    await push('team/app', '1.0.0')
    const first = await look()
    const [issued] = registry.tokens
    assert.ok(issued)
    const headers = { authorization: `Bearer ${issued.token}` }
    const url = `${registry.url}/v2/team/app/tags/list`
    while ((await fetch(url, { headers })).status === 200)
      await new Promise((resolve) => setTimeout(resolve, 250))
    assert.deepEqual(await look(), first)
    assert.equal(registry.tokens.length, 2)
  },
)
