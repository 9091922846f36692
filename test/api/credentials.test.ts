import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations } from '../../src/api/routes/index.ts'
import { ConfigMapKind } from '../../src/core/kinds/config-map.ts'
import { SecretKind } from '../../src/core/kinds/secret.ts'
import { openApiDocument } from '../../src/api/openapi.ts'
import { adminToken, startApi } from './harness.ts'
import { namespaces, startTenants } from './tenants.ts'

const decode = (data: Record<string, string> | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString(),
    ]),
  )
const project = '/v1beta1/projects/alpha'

test('repository credentials: what is patched changes, the rest stays, values never come out', async () => {
  for (const [base, namespace] of [
    [project, 'alpha'],
    ['/v1beta1/shared', namespaces.shared],
  ] as const) {
    const api = await startTenants()
    const path = `${base}/repo-credentials`
    const body = {
      name: 'repo',
      type: 'git',
      repoUrl: 'https://git.example.com/a',
      username: 'bot',
      password: 'hunter2hunter2',
      description: 'the repository',
    }
    const made = await api.as(adminToken, 'POST', path, body)
    assert.equal(made.status, 201)
    assert.doesNotMatch(await made.text(), /hunter2/)
    assert.equal((await api.as(adminToken, 'POST', path, body)).status, 409)
    const stored = () => api.store.get(SecretKind, { namespace, name: 'repo' })
    assert.equal(
      (await api.as(adminToken, 'PATCH', `${path}/repo`, { username: 'new' })).status,
      200,
    )
    assert.deepEqual(decode((await stored())?.data), {
      repoURL: body.repoUrl,
      username: 'new',
      password: body.password,
    })
    const regex = { repoUrl: '^https://.*$', repoUrlIsRegex: true, description: '' }
    await api.as(adminToken, 'PATCH', `${path}/repo`, regex)
    assert.equal(decode((await stored())?.data)['repoURLIsRegex'], 'true')
    assert.equal((await stored())?.metadata.annotations?.['kargo.akuity.io/description'], undefined)
    assert.equal((await api.as(adminToken, 'PUT', `${path}/repo`, { type: 'git' })).status, 400)
    assert.equal((await api.as(adminToken, 'GET', `${base}/generic-credentials/repo`)).status, 409)
    assert.equal((await api.as(adminToken, 'DELETE', `${path}/repo`)).status, 204)
    assert.equal(await stored(), undefined)
  }
})

test('repository credentials: what is missing, of no type or no pattern is 400 and names the field', async () => {
  const api = await startTenants()
  const path = `${project}/repo-credentials`
  const whole = {
    name: 'repo',
    type: 'git',
    repoUrl: 'https://git.example.com/a',
    username: 'bot',
    password: 'hunter2hunter2',
  }
  const cases: readonly [string, object][] = [
    ['name', { ...whole, name: '' }],
    ['type', { ...whole, type: undefined }],
    ['type', { ...whole, type: 'svn' }],
    ['repoUrl', { ...whole, repoUrl: '' }],
    ['username', { ...whole, username: undefined }],
    ['password', { ...whole, password: '' }],
    ['repoUrl', { ...whole, repoUrl: '((', repoUrlIsRegex: true }],
  ]
  const refused = async (method: string, at: string, body: object): Promise<string | undefined> => {
    const response = await api.as(adminToken, method, at, body)
    assert.equal(response.status, 400, JSON.stringify(body))
    return ((await response.json()) as { field?: string }).field
  }
  for (const [field, body] of cases) assert.equal(await refused('POST', path, body), field)
  assert.equal((await api.as(adminToken, 'GET', `${path}/repo`)).status, 404)
  assert.equal((await api.as(adminToken, 'POST', path, whole)).status, 201)
  const before = await api.store.get(SecretKind, { namespace: 'alpha', name: 'repo' })
  for (const [field, body] of cases.slice(1))
    assert.equal(await refused('PUT', `${path}/repo`, body), field)
  const pattern = { repoUrl: '((', repoUrlIsRegex: true }
  assert.equal(await refused('PATCH', `${path}/repo`, pattern), 'repoUrl')
  // Whether the address is a pattern is said together with the address, or it is not said.
  const alone = await api.as(adminToken, 'PATCH', `${path}/repo`, { repoUrlIsRegex: true })
  assert.equal(alone.status, 200)
  assert.deepEqual(await api.store.get(SecretKind, { namespace: 'alpha', name: 'repo' }), before)
})

test('generic credentials and ConfigMaps: keys are set and removed, the last one cannot go', async () => {
  for (const [base, namespace] of [
    [project, 'alpha'],
    ['/v1beta1/shared', namespaces.shared],
    ['/v1beta1/system', namespaces.system],
  ] as const) {
    for (const [noun, kind] of [
      ['generic-credentials', SecretKind],
      ['configmaps', ConfigMapKind],
    ] as const) {
      const api = await startTenants()
      const path = `${base}/${noun}`
      const name = 'thing'
      const body = { name, data: { a: '1', b: '2' }, replicate: true }
      assert.equal((await api.as(adminToken, 'POST', path, { name })).status, 400)
      assert.equal((await api.as(adminToken, 'POST', path, body)).status, 201)
      const patch = { data: { c: '3' }, removeKeys: ['a'], description: 'why' }
      assert.equal((await api.as(adminToken, 'PATCH', `${path}/${name}`, patch)).status, 200)
      const stored =
        kind === SecretKind
          ? await api.store.get(SecretKind, { namespace, name })
          : await api.store.get(ConfigMapKind, { namespace, name })
      const data = kind === SecretKind ? decode(stored?.data) : stored?.data
      assert.deepEqual(data, { b: '2', c: '3' })
      const notes = stored?.metadata.annotations ?? {}
      assert.equal(notes['kargo.akuity.io/description'], 'why')
      const isShared = base === '/v1beta1/shared'
      assert.equal(notes['kargo.akuity.io/replicate-to'], isShared ? '*' : undefined)
      const empty = { removeKeys: ['b', 'c'] }
      assert.equal((await api.as(adminToken, 'PATCH', `${path}/${name}`, empty)).status, 400)
      const { items } = (await (await api.as(adminToken, 'GET', path)).json()) as {
        items: object[]
      }
      assert.equal(items.length, 1)
    }
  }
})

test('a patch leaves values that are no text as they are', async () => {
  const api = await startTenants()
  const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80]).toString('base64')
  const metadata = { name: 'mixed', namespace: 'alpha' }
  const labels = { 'kargo.akuity.io/cred-type': 'generic' }
  await api.make({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...metadata, labels },
    data: { keystore: bytes },
  })
  await api.make({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data: { a: 'b' },
    binaryData: { logo: bytes },
  })
  for (const noun of ['generic-credentials', 'configmaps']) {
    const path = `/v1beta1/projects/alpha/${noun}/mixed`
    const response = await api.as(adminToken, 'PATCH', path, { data: { word: 'new' } })
    assert.equal(response.status, 200, noun)
  }
  const word = Buffer.from('new').toString('base64')
  const secret = await api.store.get(SecretKind, metadata)
  assert.deepEqual(secret?.data, { keystore: bytes, word })
  const map = await api.store.get(ConfigMapKind, metadata)
  assert.deepEqual(map?.data, { a: 'b', word: 'new' })
  assert.deepEqual(map?.binaryData, { logo: bytes })
})

test('a Secret as it is shown cannot be applied: its values would be lost', async () => {
  const api = await startTenants()
  const metadata = { name: 'keys', namespace: 'alpha' }
  const labels = { 'kargo.akuity.io/cred-type': 'generic' }
  const data = { key: Buffer.from('hush').toString('base64') }
  await api.make({ apiVersion: 'v1', kind: 'Secret', metadata: { ...metadata, labels }, data })
  const path = '/v1beta1/gantry/objects/secrets/keys?project=alpha'
  const shown = await (await api.as(adminToken, 'GET', path)).text()
  const applied = await api.as(adminToken, 'PUT', '/v1beta1/resources?upsert=true', shown)
  assert.equal(applied.status, 422)
  assert.match(await applied.text(), /"field":"data.key"/)
  assert.deepEqual((await api.store.get(SecretKind, metadata))?.data, data)
})

test('with secret management off, Secrets are 501 everywhere and ConfigMaps work', async () => {
  const api = await startApi({ secretManagementEnabled: false })
  const secret = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'a', namespace: 'demo' },
  })
  assert.equal((await api.send('POST', '/v1beta1/resources', { body: secret })).status, 501)
  const base = '/v1beta1/projects/demo'
  for (const noun of ['repo-credentials', 'generic-credentials'])
    assert.equal((await api.send('GET', `${base}/${noun}`)).status, 501)
  assert.equal((await api.send('GET', `${base}/configmaps`)).status, 200)
})

test('S17, S27: a secret value comes out of no route, stream, document, log or journal', async () => {
  const canary = 'canary"<&>/+value-7391'
  const forms = [
    canary,
    Buffer.from(canary).toString('base64'),
    encodeURIComponent(canary),
    JSON.stringify(canary).slice(1, -1),
  ]
  const api = await startTenants()
  const repo = {
    name: 'repo',
    type: 'git',
    repoUrl: 'https://git.example.com/a',
    username: 'bot',
    password: canary,
  }
  const answers: string[] = []
  const keep = async (response: Response): Promise<void> => {
    answers.push(await response.text())
  }
  for (const base of [project, '/v1beta1/shared'])
    await keep(await api.as(adminToken, 'POST', `${base}/repo-credentials`, repo))
  const generic = { name: 'generic', data: { key: canary } }
  for (const base of [project, '/v1beta1/shared', '/v1beta1/system'])
    await keep(await api.as(adminToken, 'POST', `${base}/generic-credentials`, generic))
  const manifest = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'raw', namespace: 'alpha', annotations: { note: canary } },
    stringData: { key: canary },
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'PUT'])
    await keep(await api.as(adminToken, method, '/v1beta1/resources?upsert=true', manifest))
  const names = ['repo', 'generic', 'raw']
  const reads = operations.filter(({ method }) => method === 'GET')
  for (const {
    path,
    answers: { watchable },
  } of reads) {
    for (const name of names) {
      const filled = path
        .replaceAll(':project', 'alpha')
        .replaceAll(':kind', 'secrets')
        .replaceAll(/:\w+/g, name)
      const isStream = path.endsWith('/stream')
      if (!isStream) await keep(await api.as(adminToken, 'GET', `${filled}?project=alpha`))
      if (!watchable && !isStream) continue
      const stopping = new AbortController()
      const stream = await api.app.request(`${filled}?project=alpha&watch=true`, {
        headers: { host: 'localhost', authorization: `Bearer ${adminToken}` },
        signal: stopping.signal,
      })
      const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
      await api.clock.settle()
      for (let chunk = 0; chunk < 3; chunk += 1) {
        const next = await Promise.race([reader?.read(), api.clock.settle().then(() => undefined)])
        if (next?.value !== undefined) answers.push(next.value)
      }
      stopping.abort()
    }
  }
  answers.push(JSON.stringify(openApiDocument(operations, '0')))
  const { records } = await api.journal.range({ limit: 1000 })
  answers.push(JSON.stringify(records), ...api.logged)
  assert.ok(answers.length > 100)
  for (const form of forms) assert.ok(!answers.some((text) => text.includes(form)), form)
})

test('the OpenAPI document is whole: every operation answers something and every reference resolves', () => {
  const document = openApiDocument(operations, '0')
  const text = JSON.stringify(document)
  const paths = document['paths'] as Record<
    string,
    Record<string, { responses: object; parameters: { name: string; in: string }[] }>
  >
  assert.equal(Object.values(paths).flatMap(Object.keys).length, operations.length)
  for (const [path, methods] of Object.entries(paths)) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    for (const [method, { responses, parameters }] of Object.entries(methods)) {
      assert.ok(
        Object.keys(responses).some((status) => /^[2]\d\d$/.test(status)),
        `${method} ${path}`,
      )
      const declared = parameters.filter((each) => each.in === 'path').map(({ name }) => name)
      assert.deepEqual(declared, named, path)
      assert.equal(
        new Set(parameters.map((each) => `${each.in} ${each.name}`)).size,
        parameters.length,
      )
    }
  }
  const schemas = (document['components'] as { schemas: Record<string, unknown> }).schemas
  for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"/]+)"/g))
    assert.ok(name in schemas, name)
  for (const [reference] of text.matchAll(/"\$ref":"[^"]*"/g))
    assert.match(reference, /#\/components\/schemas\//)
})
