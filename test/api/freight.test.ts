import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminActor } from '../../src/core/actor.ts'
import { type Freight, FreightKind } from '../../src/core/kinds/freight.ts'
import { type ApiHarness, adminToken, startApi } from './harness.ts'
import { bindRole } from './roles-kit.ts'
import { type Tenants, freightManifest, stageManifest, startTenants } from './tenants.ts'

interface Groups {
  readonly groups: Record<string, { items: Freight[] }>
  readonly resourceVersion?: string
}

const collection = '/v1beta1/projects/demo/freight'

/** Freight of two Warehouses, `old` before `mid` before `new`. */
async function startWithFreight(): Promise<ApiHarness> {
  const api = await startApi()
  const make = async (alias: string, day: number, origin: string, rest: object): Promise<void> => {
    const freight = FreightKind.schema.parse({
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Freight',
      metadata: { name: alias, namespace: 'demo', labels: { 'kargo.akuity.io/alias': alias } },
      alias,
      origin: { kind: 'Warehouse', name: origin },
      discoveredAt: `2026-01-0${day}T00:00:00Z`,
      ...rest,
    })
    await api.store.create(FreightKind, freight, { actor: adminActor })
  }
  const image = (name: string, tag: string) => ({ repoURL: `example.com/${name}`, tag })
  await make('new', 4, 'web', { images: [image('web', '1.9.0')] })
  await make('old', 1, 'web', { images: [image('web', '1.10.0'), image('side', '7')] })
  await make('mid', 2, 'web', { images: [image('web', '1.2.0')] })
  await make('chart', 3, 'api', {
    charts: [{ repoURL: 'https://charts.example.com', name: 'app', version: '2.0.0' }],
    commits: [{ repoURL: 'https://git.example.com/a', id: 'abc' }],
  })
  return api
}

/** The names in each group, in the order of the answer. */
async function namesOf(api: ApiHarness, query: string): Promise<Record<string, string>> {
  const response = await api.send('GET', `${collection}?${query}`)
  assert.equal(response.status, 200, `${query}: ${await response.clone().text()}`)
  const { groups } = (await response.json()) as Groups
  const names = (items: Freight[]): string => items.map(({ metadata }) => metadata.name).join(' ')
  return Object.fromEntries(Object.entries(groups).map(([key, { items }]) => [key, names(items)]))
}

test('Freight is narrowed, grouped and ordered as asked', async () => {
  const api = await startWithFreight()
  const web = 'example.com/web'
  const side = 'example.com/side'
  const cases: readonly [string, Record<string, string>][] = [
    ['', { '': 'new chart mid old' }],
    ['reverse=true', { '': 'old mid chart new' }],
    ['orderBy=first_seen&reverse=false', { '': 'new chart mid old' }],
    ['origins=web', { '': 'new mid old' }],
    ['origins=web&origins=api', { '': 'new chart mid old' }],
    ['origins=nobody', {}],
    ['groupBy=image_repo', { [web]: 'new mid old', [side]: 'old' }],
    ['groupBy=image_repo&orderBy=tag', { [web]: 'old new mid', [side]: 'old' }],
    ['groupBy=image_repo&orderBy=tag&reverse=true', { [web]: 'mid new old', [side]: 'old' }],
    [`groupBy=image_repo&group=${side}`, { [side]: 'old' }],
    ['groupBy=image_repo&group=example.com/other', {}],
    ['groupBy=git_repo', { 'https://git.example.com/a': 'chart' }],
    ['groupBy=chart_repo&orderBy=tag', { 'https://charts.example.com/app': 'chart' }],
    ['groupBy=chart_repo&origins=web', {}],
  ]
  for (const [query, expected] of cases)
    assert.deepEqual(await namesOf(api, query), expected, query)
})

test('what cannot be asked of Freight is 400 and names the parameter', async () => {
  const api = await startWithFreight()
  for (const [query, field] of [
    ['groupBy=colour', 'groupBy'],
    ['groupBy=constructor', 'groupBy'],
    ['orderBy=size', 'orderBy'],
    ['orderBy=tag', 'orderBy'],
    ['orderBy=tag&groupBy=git_repo', 'orderBy'],
    ['group=example.com/web', 'group'],
  ] as const) {
    const response = await api.send('GET', `${collection}?${query}`)
    assert.equal(response.status, 400, query)
    const problem = (await response.json()) as { code: string; field: string }
    assert.deepEqual([problem.code, problem.field], ['BadRequest', field], query)
  }
})

test('with a stage there is only what may be promoted to it, whatever the origins, and no version to watch from', async () => {
  const api = await startTenants()
  const [found] = (await api.store.list(FreightKind, { namespace: 'alpha' })).items
  const name = found?.metadata.name ?? ''
  const ask = async (query: string): Promise<[string[], boolean]> => {
    const path = `/v1beta1/projects/alpha/freight?${query}`
    const { groups, resourceVersion } = (await (
      await api.as(adminToken, 'GET', path)
    ).json()) as Groups
    const items = Object.values(groups).flatMap((group) => group.items)
    return [items.map(({ metadata }) => metadata.name), resourceVersion !== undefined]
  }
  assert.deepEqual(await ask(''), [[name], true])
  assert.deepEqual(await ask('stage=test&origins=nobody'), [[name], false])
  assert.deepEqual(await ask('stage=prod'), [[], false])
  const approve = `/v1beta1/projects/alpha/freight/${name}/approve?stage=prod`
  assert.equal((await api.as(adminToken, 'POST', approve)).status, 200)
  assert.deepEqual(await ask('stage=prod'), [[name], false])
  const absent = await api.as(adminToken, 'GET', '/v1beta1/projects/alpha/freight?stage=absent')
  assert.equal(absent.status, 404)
})

test('Freight is found by its name and by its alias, and gone when it is deleted by either', async () => {
  const api = await startTenants()
  const path = '/v1beta1/projects/alpha/freight'
  const [found] = (await api.store.list(FreightKind, { namespace: 'alpha' })).items
  for (const word of ['alpha-freight', found?.metadata.name ?? '']) {
    const response = await api.as(adminToken, 'GET', `${path}/${word}`)
    assert.deepEqual(await response.json(), found)
  }
  assert.equal((await api.as(adminToken, 'GET', `${path}/beta-freight`)).status, 404)
  assert.equal((await api.as(adminToken, 'DELETE', `${path}/alpha-freight`)).status, 204)
  assert.equal((await api.as(adminToken, 'DELETE', `${path}/alpha-freight`)).status, 404)
  assert.deepEqual((await api.store.list(FreightKind, { namespace: 'alpha' })).items, [])
})

test('an alias is changed, and refused when it is taken, blank, no alias, or of nothing', async () => {
  const api = await startTenants()
  await api.make(freightManifest('alpha', 'other', '2.0.0'))
  const rename = async (freight: string, alias: string, token = adminToken): Promise<number> => {
    const path = `/v1beta1/projects/alpha/freight/${freight}/alias?newAlias=${alias}`
    return (await api.as(token, 'PATCH', path)).status
  }
  assert.equal(await rename('alpha-freight', 'brave-lynx'), 200)
  const byAlias = async (alias: string): Promise<Freight | undefined> =>
    (
      await api.store.list(FreightKind, {
        namespace: 'alpha',
        index: { name: 'alias', key: alias },
      })
    ).items[0]
  const renamed = await byAlias('brave-lynx')
  assert.equal(renamed?.alias, 'brave-lynx')
  assert.equal(renamed?.metadata.labels?.['kargo.akuity.io/alias'], 'brave-lynx')
  assert.equal(await byAlias('alpha-freight'), undefined)
  const name = renamed?.metadata.name ?? ''
  const refused: readonly [number, string, string][] = [
    [200, name, 'brave-lynx'],
    [409, name, 'other'],
    [400, name, ''],
    [400, name, '%20'],
    [422, name, 'two%20words'],
    [422, name, 'a'.repeat(64)],
    [404, 'alpha-freight', 'calm-crane'],
    [404, 'beta-freight', 'calm-crane'],
  ]
  for (const [status, freight, alias] of refused)
    assert.equal(await rename(freight, alias), status, `${freight} ${alias}`)
  assert.equal(await rename(name, 'calm-crane', await api.token('alpha', 'kargo-viewer')), 403)
  assert.equal(await rename(name, 'calm-crane', await api.token('alpha', 'kargo-promoter')), 403)
  assert.deepEqual(await byAlias('brave-lynx'), renamed)
  // What another Project calls its Freight is its own affair.
  assert.equal(await rename(name, 'beta-freight', await api.token('alpha', 'kargo-admin')), 200)
})

test('of several who want the same alias at once, one gets it', async () => {
  const api = await startTenants()
  const tags = ['2.0.0', '3.0.0', '4.0.0', '5.0.0']
  for (const tag of tags) await api.make(freightManifest('alpha', `f-${tag}`, tag))
  const answers = await Promise.all(
    tags.map((tag) =>
      api.as(adminToken, 'PATCH', `/v1beta1/projects/alpha/freight/f-${tag}/alias?newAlias=mine`),
    ),
  )
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 409, 409, 409],
  )
  const index = { name: 'alias', key: 'mine' }
  assert.equal((await api.store.list(FreightKind, { namespace: 'alpha', index })).items.length, 1)
})

const approvals = async (api: Tenants): Promise<Record<string, unknown>> => {
  const [found] = (await api.store.list(FreightKind, { namespace: 'alpha' })).items
  return found?.status?.approvedFor ?? {}
}

async function eventsOf(api: Tenants): Promise<unknown[]> {
  const { records } = await api.journal.range({ kind: 'event', limit: 100 })
  return records.map(({ payload }) => payload['reason'])
}

test('an approval is stored with its time, told once, and as good as one when it is given again', async () => {
  const api = await startTenants()
  const path = '/v1beta1/projects/alpha/freight/alpha-freight/approve'
  const token = await api.token('alpha', 'kargo-promoter')
  const answers = await Promise.all(
    [1, 2, 3].map(() => api.as(token, 'POST', `${path}?stage=prod`)),
  )
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  )
  const expected = { prod: { approvedAt: '2026-01-01T12:00:00Z' } }
  assert.deepEqual(await approvals(api), expected)
  await api.clock.advance(3_600_000)
  const again = await api.as(token, 'POST', `${path}?stage=prod`)
  assert.deepEqual(((await again.json()) as Freight).status?.approvedFor, expected)
  assert.deepEqual(await approvals(api), expected)
  const told = (await eventsOf(api)).filter((reason) => reason === 'FreightApproved')
  assert.equal(told.length, 1)
  assert.equal((await api.as(token, 'POST', `${path}?stage=test`)).status, 200)
  assert.deepEqual(Object.keys(await approvals(api)).toSorted(), ['prod', 'test'])
})

test('an approval for a Stage that is called like what every object has is an approval like another', async () => {
  const api = await startTenants()
  await api.make(stageManifest('alpha', 'constructor', 'test'))
  const path = '/v1beta1/projects/alpha/freight/alpha-freight/approve'
  for (const stage of ['prod', 'constructor'])
    assert.equal((await api.as(adminToken, 'POST', `${path}?stage=${stage}`)).status, 200)
  assert.ok(Object.hasOwn(await approvals(api), 'constructor'))
})

test('an approval that nobody may give or that means nothing is refused, and nothing is stored', async () => {
  const api = await startTenants()
  const away = stageManifest('alpha', 'away') as { spec: { requestedFreight: object[] } }
  const origin = { kind: 'Warehouse', name: 'other' }
  await api.make({
    ...away,
    spec: { ...away.spec, requestedFreight: [{ origin, sources: { direct: true } }] },
  })
  await bindRole(api, 'alpha', 'only-test', [
    { apiGroups: ['kargo.akuity.io'], resources: ['stages', 'freights'], verbs: ['get', 'list'] },
    {
      apiGroups: ['kargo.akuity.io'],
      resources: ['stages'],
      resourceNames: ['test'],
      verbs: ['promote'],
    },
  ])
  const viewer = await api.token('alpha', 'kargo-viewer')
  const only = await api.token('alpha', 'only-test')
  const stranger = await api.token('beta', 'kargo-admin')
  const approve = async (token: string, freight: string, query: string): Promise<number> => {
    const path = `/v1beta1/projects/alpha/freight/${freight}/approve${query}`
    return (await api.as(token, 'POST', path)).status
  }
  const cases: readonly [number, string, string, string][] = [
    [403, viewer, 'alpha-freight', '?stage=test'],
    [403, only, 'alpha-freight', '?stage=prod'],
    // Whether a Stage or Freight is there is nothing that a refusal tells.
    [403, viewer, 'absent', '?stage=absent'],
    [404, stranger, 'alpha-freight', '?stage=test'],
    [400, adminToken, 'alpha-freight', ''],
    [400, adminToken, 'alpha-freight', '?stage='],
    [404, adminToken, 'alpha-freight', '?stage=absent'],
    [404, adminToken, 'absent', '?stage=test'],
    [404, adminToken, 'beta-freight', '?stage=test'],
    [400, adminToken, 'alpha-freight', '?stage=away'],
  ]
  for (const [status, token, freight, query] of cases)
    assert.equal(await approve(token, freight, query), status, `${freight} ${query}`)
  assert.deepEqual(await approvals(api), {})
  assert.equal(await approve(only, 'alpha-freight', '?stage=test'), 200)
  assert.deepEqual(Object.keys(await approvals(api)), ['test'])
})
