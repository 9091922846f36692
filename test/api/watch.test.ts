import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminActor } from '../../src/core/actor.ts'
import { FreightKind } from '../../src/core/kinds/freight.ts'
import { PromotionKind } from '../../src/core/kinds/promotion.ts'
import { StageKind } from '../../src/core/kinds/stage.ts'
import { operations } from '../../src/api/routes/index.ts'
import { adminToken } from './harness.ts'
import { type Tenants, stageManifest, startTenants } from './tenants.ts'

interface Heard {
  readonly event: string
  readonly id: string | undefined
  readonly data: string
}

/** What a stream says until it has said nothing new for a while; then the client goes away. */
async function listen(
  api: Tenants,
  path: string,
  lastEventId?: string,
  during?: () => Promise<unknown>,
  token = adminToken,
): Promise<Heard[]> {
  const leaving = new AbortController()
  const response = await api.app.request(path, {
    headers: {
      host: 'localhost',
      authorization: `Bearer ${token}`,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    },
    signal: leaving.signal,
  })
  assert.equal(response.status, 200, path)
  assert.match(response.headers.get('content-type') ?? '', /text\/event-stream/)
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  await during?.()
  let text = ''
  for (let quiet = 0; quiet < 5 && reader !== undefined;) {
    const pending = reader.read()
    const next = await Promise.race([pending, pause()])
    if (next === undefined) {
      quiet += 1
      leaving.abort()
    } else if (next.done) break
    else text += next.value
  }
  leaving.abort()
  return text.split('\n\n').filter(Boolean).map(parse)
}

const pause = (): Promise<undefined> =>
  new Promise((resolve) => setTimeout(resolve, 100, undefined))

function parse(block: string): Heard {
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
  return { event: field('event') ?? 'message', id: field('id'), data: field('data') ?? '' }
}

/** The Stages `s-<number>` that were told of. */
const namesIn = (heard: readonly Heard[]): string[] =>
  heard.flatMap(({ data }) => /"name":"(s-\d+)"/.exec(data)?.[1] ?? [])

const lastId = (heard: readonly Heard[]): string | undefined =>
  heard.findLast(({ id }) => id !== undefined)?.id

test('every watchable operation streams what there is', async () => {
  const api = await startTenants()
  await api.make({
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'ClusterConfig',
    metadata: { name: 'cluster' },
    spec: {},
  })
  const promotions = '/v1beta1/projects/alpha/stages/test/promotions'
  const made = await api.as(adminToken, 'POST', promotions, { freight: 'alpha-freight' })
  const promotion = ((await made.json()) as { metadata: { name: string } }).metadata.name
  const watchable = operations.filter(({ answers }) => answers.watchable === true)
  assert.ok(watchable.length >= 9)
  for (const { path } of watchable) {
    const filled = path
      .replaceAll(':project', 'alpha')
      .replaceAll(':stage', 'test')
      .replaceAll(':warehouse', 'web')
      .replaceAll(':promotion', promotion)
      .replaceAll(':kind', 'stages')
    const heard = await listen(api, `${filled}?watch=true&project=alpha`)
    assert.ok(
      heard.some(({ data }) => data.includes('"type":"ADDED"')),
      path,
    )
  }
})

for (const [name, path] of [
  ['a watch', '/v1beta1/projects/alpha/stages?watch=true'],
  ['the stream', '/v1beta1/gantry/stream?project=alpha'],
] as const) {
  test(`${name} resumes without gap and without doubles while others write`, async () => {
    const api = await startTenants()
    let count = 0
    const write = async (): Promise<void> => {
      for (let round = 0; round < 10; round += 1) {
        await api.make(stageManifest('alpha', `s-${count}`))
        count += 1
        await new Promise(setImmediate)
      }
    }
    const seen: string[] = []
    let heard = await listen(api, path, undefined, write)
    seen.push(...namesIn(heard))
    for (let visit = 0; visit < 3; visit += 1) {
      await write()
      heard = await listen(api, path, lastId(heard), write)
      seen.push(...namesIn(heard))
    }
    const expected = Array.from({ length: count }, (_, index) => `s-${index}`)
    assert.deepEqual(seen.toSorted(), expected.toSorted())
  })
}

test('a deletion is told', async () => {
  const api = await startTenants()
  const path = '/v1beta1/projects/alpha/stages?watch=true'
  const first = await listen(api, path)
  await api.store.delete(StageKind, { namespace: 'alpha', name: 'prod' }, { actor: adminActor })
  const told = (await listen(api, path, lastId(first))).find(({ data }) => data !== '')
  assert.match(told?.data ?? '', /"type":"DELETED"/)
})

test('a watch of one object tells of no other, also when it is resumed', async () => {
  const api = await startTenants()
  const first = await listen(api, '/v1beta1/projects/alpha/stages?watch=true')
  const labelled = (name: string): Promise<unknown> => {
    const patch = { metadata: { labels: { seen: 'yes' } } }
    return api.store.patch(StageKind, { namespace: 'alpha', name }, patch, { actor: adminActor })
  }
  const path = '/v1beta1/projects/alpha/stages/test?watch=true'
  const heard = await listen(api, path, lastId(first), async () => {
    await labelled('prod')
    await labelled('test')
  })
  const told = heard.filter(({ data }) => data !== '')
  assert.equal(told.length, 1)
  assert.match(told[0]?.data ?? '', /^{"type":"MODIFIED".*"name":"test"/)
})

test('a watch by what never changes tells of nothing else, also when it is resumed', async () => {
  const api = await startTenants()
  const all = '/v1beta1/projects/alpha/promotions?watch=true'
  const last = lastId(await listen(api, all))
  const path = '/v1beta1/projects/alpha/stages/test/promotions'
  const made = await api.as(adminToken, 'POST', path, { freight: 'alpha-freight' })
  const { metadata } = (await made.json()) as { metadata: { name: string; namespace: string } }
  const change = (seen: string): Promise<unknown> =>
    api.store.patch(
      PromotionKind,
      metadata,
      { metadata: { labels: { seen } } },
      { actor: adminActor },
    )
  await change('once')
  const other = await listen(api, `${all}&stage=prod`, last)
  assert.deepEqual(
    other.filter(({ data }) => data !== ''),
    [],
  )
  const own = await listen(api, `${all}&stage=test`, last)
  const types = own.flatMap(({ data }) => /"type":"(\w+)"/.exec(data)?.[1] ?? [])
  assert.deepEqual(types, ['ADDED', 'MODIFIED'])
  const freight = '/v1beta1/projects/alpha/freight?watch=true'
  const before = lastId(await listen(api, freight))
  const [first] = (await api.store.list(FreightKind, { namespace: 'alpha' })).items
  assert.ok(first)
  await api.store.patch(FreightKind, first.metadata, { alias: 'new' }, { actor: adminActor })
  const foreign = await listen(api, `${freight}&origins=other`, before)
  assert.deepEqual(
    foreign.filter(({ data }) => data !== ''),
    [],
  )
})

test('a version that is no version is 400, one that is too old ends the watch with out_of_range', async () => {
  const api = await startTenants({ changeLogCapacity: 10 })
  const path = '/v1beta1/projects/alpha/stages?watch=true&resourceVersion='
  assert.equal((await api.as(adminToken, 'GET', `${path}abc`)).status, 400)
  for (let write = 0; write < 20; write += 1) await api.make(stageManifest('alpha', `s-${write}`))
  const heard = await listen(api, `${path}1`)
  assert.equal(heard[0]?.event, 'error')
  assert.match(heard[0]?.data ?? '', /out_of_range/)
})

test('whoever was told out_of_range lists again and goes on from there, without gap and without doubles', async () => {
  const api = await startTenants({ changeLogCapacity: 10 })
  const path = '/v1beta1/projects/alpha/stages'
  for (let write = 0; write < 30; write += 1) await api.make(stageManifest('alpha', `s-${write}`))
  const lost = await listen(api, `${path}?watch=true&resourceVersion=1`)
  assert.deepEqual(
    lost.map(({ event }) => event),
    ['error'],
  )
  const page = (await (await api.as(adminToken, 'GET', path)).json()) as {
    items: { metadata: { name: string } }[]
    metadata: { resourceVersion: string }
  }
  const listed = page.items
    .map(({ metadata }) => metadata.name)
    .filter((name) => name.startsWith('s-'))
  const write = (): Promise<unknown> => api.make(stageManifest('alpha', 's-30'))
  const version = page.metadata.resourceVersion
  const told = await listen(api, `${path}?watch=true&resourceVersion=${version}`, undefined, write)
  const expected = Array.from({ length: 31 }, (_, index) => `s-${index}`)
  assert.deepEqual([...listed, ...namesIn(told)].toSorted(), expected.toSorted())
})

test('the stream says reset to whoever was away too long or comes from another store, and then tells everything', async () => {
  const api = await startTenants({ changeLogCapacity: 10 })
  const path = '/v1beta1/gantry/stream?project=alpha'
  const id = lastId(await listen(api, path))
  for (let write = 0; write < 30; write += 1) await api.make(stageManifest('alpha', `s-${write}`))
  const future = id?.replaceAll(/\d+/g, '999999999')
  for (const last of [id, future]) {
    const heard = await listen(api, path, last)
    assert.deepEqual(
      heard.map(({ event }) => event),
      ['reset'],
    )
  }
  const anew = await listen(api, path)
  assert.equal(new Set(namesIn(anew)).size, 30)
  assert.ok(anew.some(({ event }) => event === 'synced'))
})

test('the stream says reset to whoever may read other kinds than before', async () => {
  const api = await startTenants()
  const path = '/v1beta1/gantry/stream?project=alpha'
  const id = lastId(await listen(api, path))
  const fewer = id?.split('.').slice(1).join('.')
  const heard = await listen(api, path, fewer)
  assert.deepEqual(
    heard.map(({ event }) => event),
    ['reset'],
  )
})

test('the stream says synced also to whoever may list nothing that it tells of', async () => {
  const api = await startTenants()
  const rules = [
    {
      apiGroups: ['kargo.akuity.io'],
      resources: ['projects'],
      resourceNames: ['alpha'],
      verbs: ['get'],
    },
  ]
  const metadata = { name: 'guest', namespace: 'alpha' }
  await api.make({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'guest' } }
  await api.make({ ...rbac, kind: 'ClusterRole', rules })
  const roleRef = { kind: 'ClusterRole', name: 'guest' }
  const subjects = [{ kind: 'ServiceAccount', ...metadata }]
  await api.make({ ...rbac, kind: 'ClusterRoleBinding', roleRef, subjects })
  const token = await api.token('alpha', 'guest')
  const path = '/v1beta1/gantry/stream?project=alpha'
  const heard = await listen(api, path, undefined, undefined, token)
  assert.deepEqual(
    heard.map(({ event }) => event),
    ['synced'],
  )
})
