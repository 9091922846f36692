/** What one kind of object tells of another is told to those who may read that other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations } from '../../src/api/routes/index.ts'
import { adminActor } from '../../src/core/actor.ts'
import { FreightKind } from '../../src/core/kinds/freight.ts'
import { PromotionKind } from '../../src/core/kinds/promotion.ts'
import { RoleKind } from '../../src/core/kinds/role.ts'
import { type Stage, StageKind } from '../../src/core/kinds/stage.ts'
import { bindRole } from './roles-kit.ts'
import { type Tenants, freightManifest, stageManifest, startTenants } from './tenants.ts'

const project = '/v1beta1/projects/alpha'
const group = 'kargo.akuity.io'
const output = 'what-a-step-put-out-7391'

const verification = {
  id: 'f00d',
  verificationHistory: [{ id: 'v1', phase: 'Failed' as const }],
}

/** A Stage whose last Promotion put something out, and was verified. */
async function startWithOutput(): Promise<Tenants> {
  const api = await startTenants()
  const status = {
    freightHistory: [verification],
    lastPromotion: {
      name: 'test.01',
      finishedAt: '2026-01-01T00:00:00Z',
      status: {
        phase: 'Succeeded' as const,
        message: 'all is well',
        state: { 'step-1': { url: output } },
        stepExecutionMetadata: [{ alias: 'step-1', message: output }],
        healthChecks: [{ uses: 'argocd-update', config: { url: output } }],
        gantry: { steps: { 'step-1': output } },
      },
    },
  }
  const ref = { namespace: 'alpha', name: 'test' }
  await api.store.patchStatus(StageKind, ref, { status }, { actor: adminActor })
  return api
}

const allBut = (...left: string[]) => {
  const resources = ['projects', 'stages', 'freights', 'warehouses', 'promotions', 'promotiontasks']
  const kept = resources.filter((resource) => !left.includes(resource))
  return [{ apiGroups: [group], resources: kept, verbs: ['*'] }]
}

/** Reads what comes of a stream until nothing more comes. */
async function readSome(api: Tenants, token: string, path: string): Promise<string> {
  const stopping = new AbortController()
  const headers = { host: 'localhost', authorization: `Bearer ${token}` }
  const stream = await api.app.request(path, { headers, signal: stopping.signal })
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (let quiet = 0; quiet < 3;) {
    const next = await Promise.race([reader?.read(), api.clock.settle().then(() => undefined)])
    if (next?.done) break
    if (next?.value === undefined) quiet += 1
    else text += next.value
  }
  stopping.abort()
  return text
}

/** What each route that could tell of the Stage answers. */
async function answersTo(api: Tenants, token: string): Promise<ReadonlyMap<string, string>> {
  const answers = new Map<string, string>()
  const manifest = stageManifest('alpha', 'test')
  const isAbout = ({ path }: { path: string }): boolean =>
    /:stage|:kind|\/stages|stream$/.test(path)
  for (const {
    method,
    path,
    answers: { watchable },
  } of operations.filter(isAbout)) {
    if (method === 'DELETE') continue
    const filled = path
      .replaceAll(':project', 'alpha')
      .replaceAll(':kind', 'stages')
      .replaceAll(/:\w+/g, 'test')
    const query = `${filled}?project=alpha`
    if (!path.endsWith('/stream')) {
      const response = await api.as(token, method, query, method === 'GET' ? undefined : {})
      answers.set(`${method} ${path}`, await response.text())
    }
    if (watchable) answers.set(`watch ${path}`, await readSome(api, token, `${query}&watch=true`))
  }
  for (const method of ['PUT', 'DELETE']) {
    const response = await api.as(token, method, '/v1beta1/resources', manifest)
    answers.set(`${method} /v1beta1/resources`, await response.text())
  }
  return answers
}

test('S14: what the steps of a Promotion put out is shown in its Stage only to who may read Promotions', async () => {
  const api = await startWithOutput()
  await bindRole(api, 'alpha', 'no-promotions', allBut('promotions'))
  const answers = await answersTo(api, await api.token('alpha', 'no-promotions'))
  for (const [route, text] of answers) assert.ok(!text.includes(output), route)
  const stage = answers.get(`GET /v1beta1/projects/:project/stages/:stage`) ?? ''
  const { lastPromotion } = (JSON.parse(stage) as Stage).status ?? {}
  assert.deepEqual(lastPromotion, {
    name: 'test.01',
    finishedAt: '2026-01-01T00:00:00Z',
    status: { phase: 'Succeeded', message: 'all is well' },
  })
})

test('who may read both sees the copy whole, by every way', async () => {
  const api = await startWithOutput()
  await bindRole(api, 'alpha', 'both', allBut())
  const answers = await answersTo(api, await api.token('alpha', 'both'))
  const ways = [...answers].filter(([, text]) => text.includes(output)).map(([route]) => route)
  assert.deepEqual(ways.toSorted(), [
    'DELETE /v1beta1/resources',
    'GET /v1beta1/gantry/objects/:kind',
    'GET /v1beta1/gantry/objects/:kind/:name',
    'GET /v1beta1/projects/:project/stages',
    'GET /v1beta1/projects/:project/stages/:stage',
    'POST /v1beta1/projects/:project/stages/:stage/refresh',
    'POST /v1beta1/projects/:project/stages/:stage/verification',
    'POST /v1beta1/projects/:project/stages/:stage/verification/abort',
    'PUT /v1beta1/resources',
    'watch /v1beta1/gantry/objects/:kind',
    'watch /v1beta1/gantry/stream',
    'watch /v1beta1/projects/:project/stages',
    'watch /v1beta1/projects/:project/stages/:stage',
  ])
})

test('S10: a watch of Stages shows no more outputs once the right to read Promotions is gone', async () => {
  const api = await startWithOutput()
  await bindRole(api, 'alpha', 'both', allBut())
  const token = await api.token('alpha', 'both')
  const headers = { host: 'localhost', authorization: `Bearer ${token}` }
  const stopping = new AbortController()
  const path = `${project}/stages?watch=true`
  const stream = await api.app.request(path, { headers, signal: stopping.signal })
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
  let told = ''
  const until = async (mark: string): Promise<string> => {
    const before = told.length
    while (!told.slice(before).includes(mark)) told += (await reader?.read())?.value ?? ''
    return told.slice(before)
  }
  assert.ok((await until('"name":"test"')).includes(output))
  const ref = { namespace: 'alpha', name: 'both' }
  await api.store.patch(RoleKind, ref, { rules: allBut('promotions') }, { actor: adminActor })
  const stage = { namespace: 'alpha', name: 'test' }
  const change = { metadata: { labels: { changed: 'yes' } } }
  await api.store.patch(StageKind, stage, change, { actor: adminActor })
  assert.ok(!(await until('"changed":"yes"')).includes(output))
  stopping.abort()
})

test('S14: explain names Freight and Promotions only to who may list them', async () => {
  const api = await startTenants()
  const [freight] = (await api.store.list(FreightKind, { namespace: 'alpha' })).items
  const name = freight?.metadata.name ?? ''
  const made = await api.as(
    'a-very-secret-admin-token',
    'POST',
    `${project}/stages/test/promotions`,
    {
      freight: name,
    },
  )
  assert.equal(made.status, 201)
  const [promotion] = (await api.store.list(PromotionKind, { namespace: 'alpha' })).items
  const explain = async (account: string, query = ''): Promise<[number, string]> => {
    const token = await api.token('alpha', account)
    const answer = await api.as(token, 'GET', `${project}/stages/test/explain${query}`)
    return [answer.status, await answer.text()]
  }
  await bindRole(api, 'alpha', 'no-freight', allBut('freights'))
  await bindRole(api, 'alpha', 'no-promotions', allBut('promotions'))
  const [status, all] = await explain('kargo-viewer')
  assert.equal(status, 200)
  for (const word of [name, 'alpha-freight', promotion?.metadata.name ?? ''])
    assert.ok(all.includes(word), word)
  const [, withoutFreight] = await explain('no-freight')
  for (const word of [name, 'alpha-freight']) assert.ok(!withoutFreight.includes(word), word)
  assert.match(withoutFreight, /no-freight may not list freights/)
  const [, withoutPromotions] = await explain('no-promotions')
  assert.ok(!withoutPromotions.includes(promotion?.metadata.name ?? ''))
  assert.match(withoutPromotions, /no-promotions may not list promotions/)
  for (const wanted of [name, 'alpha-freight', 'absent']) {
    const [refused, text] = await explain('no-freight', `?freight=${wanted}`)
    assert.equal(refused, 403, wanted)
    assert.equal(
      text.replaceAll(wanted, 'absent'),
      (await explain('no-freight', '?freight=absent'))[1],
    )
  }
})

test('S13: a right to Freight of some names is about names, not about aliases, which move', async () => {
  const api = await startTenants()
  const freights = async () => (await api.store.list(FreightKind, { namespace: 'alpha' })).items
  const [own] = await freights()
  await api.make(freightManifest('alpha', 'other', '2.0.0'))
  const other = (await freights()).find(({ alias }) => alias === 'other')
  assert.ok(own !== undefined && other !== undefined)
  const limited = (...resourceNames: string[]) => [
    { apiGroups: [group], resources: ['stages'], verbs: ['list', 'get', 'promote'] },
    { apiGroups: [group], resources: ['freights'], resourceNames, verbs: ['*'] },
  ]
  await bindRole(api, 'alpha', 'by-name', limited(own.metadata.name))
  await bindRole(api, 'alpha', 'by-alias', limited('other', 'free'))
  const byName = await api.token('alpha', 'by-name')
  const byAlias = await api.token('alpha', 'by-alias')
  const ways = (wanted: string): readonly (readonly [string, string, object?])[] => [
    ['GET', `freight/${wanted}`],
    ['PATCH', `freight/${wanted}/alias?newAlias=free`],
    ['POST', `freight/${wanted}/approve?stage=prod`],
    ['GET', `stages/test/explain?freight=${wanted}`],
    ['POST', 'stages/test/promotions', { freight: wanted }],
    ['POST', 'stages/test/promotions', { freightAlias: wanted }],
    ['POST', 'stages/test/promotions/downstream', { freight: wanted }],
    ['DELETE', `freight/${wanted}`],
  ]
  const before = JSON.stringify([await freights(), (await api.store.list(PromotionKind)).items])
  for (const [token, wanted] of [
    [byName, 'other'],
    [byName, other.metadata.name],
    [byName, 'absent'],
    [byAlias, 'other'],
    [byAlias, other.metadata.name],
    [byAlias, 'alpha-freight'],
  ] as const) {
    for (const [method, path, body] of ways(wanted)) {
      const answer = await api.as(token, method, `${project}/${path}`, body)
      assert.equal(answer.status, 403, `${method} ${path}`)
    }
  }
  assert.equal(
    JSON.stringify([await freights(), (await api.store.list(PromotionKind)).items]),
    before,
  )
  // The right by name is one by every alias of what is called so.
  const mine = await api.as(byName, 'GET', `${project}/freight/alpha-freight`)
  assert.equal(mine.status, 200)
  const renamed = await api.as(
    byName,
    'PATCH',
    `${project}/freight/alpha-freight/alias?newAlias=mine`,
  )
  assert.equal(renamed.status, 200)
  assert.equal((await api.as(byName, 'DELETE', `${project}/freight/mine`)).status, 204)
})

test('S14: which Freight may enter a Stage is told only to who may read the Stage', async () => {
  const api = await startTenants()
  const rules = [{ apiGroups: [group], resources: ['freights', 'stages'], verbs: ['list'] }]
  await bindRole(api, 'alpha', 'lists', rules)
  const token = await api.token('alpha', 'lists')
  const ask = async (query: string): Promise<number> =>
    (await api.as(token, 'GET', `${project}/freight${query}`)).status
  assert.deepEqual(
    [await ask(''), await ask('?stage=test'), await ask('?stage=absent')],
    [200, 403, 403],
  )
})

test('S13: a right to create that is limited to names creates nothing, as in Kubernetes', async () => {
  const api = await startTenants()
  const names = { resourceNames: ['wanted'] }
  await bindRole(api, 'alpha', 'named', [
    { apiGroups: [group], resources: ['stages'], verbs: ['list'] },
    {
      apiGroups: ['', group],
      resources: ['configmaps', 'freights'],
      verbs: ['create', 'update'],
      ...names,
    },
  ])
  const token = await api.token('alpha', 'named')
  const map = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'wanted', namespace: 'alpha' },
    data: { a: 'b' },
  }
  // Its name is drawn from what it is, whatever the manifest says.
  const freight = {
    ...freightManifest('alpha', 'fresh', '3.0.0'),
    metadata: { name: 'wanted', namespace: 'alpha' },
  }
  for (const body of [map, freight])
    for (const method of ['POST', 'PUT']) {
      const answer = await api.as(token, method, '/v1beta1/resources?upsert=true', body)
      assert.equal(answer.status, 403, `${method} ${body === map ? 'ConfigMap' : 'Freight'}`)
    }
  await api.make(map)
  assert.equal((await api.as(token, 'PUT', '/v1beta1/resources', map)).status, 200)
})
