import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { adminActor } from '../core/actor.ts'
import { storedKinds } from '../core/kinds/index.ts'
import { SecretKind } from '../core/kinds/secret.ts'
import { silentLogger } from '../core/log.ts'
import { receiverPath } from '../lib/webhook/receiver-path.ts'
import { receivers } from '../plugins.gen.ts'
import { createCache } from '../runtime/cache.ts'
import { createMemoryStore } from '../stores/memory.ts'
import { createFakeClock } from '../../test/fake-clock.ts'
import { publishReceivers, resolveReceivers } from './webhook-receivers.ts'

/** Under which key each kind looks for its secret, as in Kargo. */
const keys = {
  artifactory: 'secret-token',
  azure: 'secret',
  bitbucket: 'secret',
  dockerhub: 'secret',
  generic: 'secret',
  gitea: 'secret',
  github: 'secret',
  gitlab: 'secret-token',
  harbor: 'auth-header',
  quay: 'secret',
}

const options = { receivers, baseUrl: () => 'https://hooks.example.com/webhooks' }

function openCache(t: TestContext) {
  const clock = createFakeClock()
  const store = createMemoryStore({ kinds: storedKinds, clock })
  const cache = createCache({ store, kinds: storedKinds, clock, log: silentLogger })
  t.after(async () => {
    await cache.stop()
    await store.close()
  })
  return { store, cache }
}

test('each kind reads the key of its own, and one without its Secret takes no other down', async (t) => {
  const { store, cache } = openCache(t)
  const data = { secret: btoa('a'), 'secret-token': btoa('b'), 'auth-header': btoa('c') }
  await store.create(
    SecretKind,
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'all', namespace: 'demo' }, data },
    { actor: adminActor },
  )
  cache.start()
  await cache.synced()
  const secretRef = { name: 'all' }
  const generic = { secretRef, actions: [] }
  const configs = Object.keys(keys).map((kind) => ({
    name: `my-${kind}`,
    [kind]: kind === 'generic' ? generic : { secretRef },
  }))
  const { details, problems } = resolveReceivers(
    [{ name: 'broken', github: { secretRef: { name: 'missing' } } }, ...configs],
    { project: 'demo', namespace: 'demo' },
    options,
    cache,
  )
  assert.deepEqual(
    details,
    Object.entries(keys).map(([kind, key]) => {
      const secret = atob(new Map(Object.entries(data)).get(key) ?? '')
      const path = receiverPath(kind, 'demo', `my-${kind}`, secret)
      return { name: `my-${kind}`, path, url: `https://hooks.example.com/webhooks${path}` }
    }),
  )
  assert.deepEqual(
    problems.map(({ code, message }) => [code, message.includes('missing')]),
    [['NotFound', true]],
  )
})

test('every receiver that cannot be set up is named, not only the first', (t) => {
  const { cache } = openCache(t)
  const draft = { webhookReceivers: [{ name: 'old', path: '/github/old', url: '' }] }
  const publish = (): void =>
    publishReceivers(
      draft,
      ['one', 'two'].map((name) => ({ name, github: { secretRef: { name: `${name}-secret` } } })),
      { project: 'demo', namespace: 'demo' },
      options,
      cache,
    )
  assert.throws(publish, { code: 'NotFound', message: /one-secret.*two-secret/ })
  assert.deepEqual(draft, {})
})
