import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { pushSampleImage, startRegistry, type Registry } from './registry.ts'

let registry: Registry

before(async () => {
  registry = await startRegistry({ pageSize: 3 })
})
after(() => registry.close())

test('an image that was pushed is served by tag and by digest, with its config', async () => {
  const digest = await pushSampleImage(registry, 'team/app', '1.0.0', { labels: { a: 'b' } })
  const response = await fetch(`${registry.url}/v2/team/app/manifests/1.0.0`)
  const body = Buffer.from(await response.arrayBuffer())
  assert.equal(response.headers.get('docker-content-digest'), digest)
  assert.equal(`sha256:${createHash('sha256').update(body).digest('hex')}`, digest)
  const manifest = JSON.parse(body.toString())
  const config = await fetch(`${registry.url}/v2/team/app/blobs/${manifest.config.digest}`)
  assert.deepEqual((await config.json()).config, { Labels: { a: 'b' } })
  const head = await fetch(`${registry.url}/v2/team/app/manifests/${digest}`, { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal(await head.text(), '')
})

test('an ETag that is still right is answered 304', async () => {
  const url = `${registry.url}/v2/team/app/manifests/1.0.0`
  const etag = (await fetch(url)).headers.get('etag') ?? ''
  assert.equal((await fetch(url, { headers: { 'if-none-match': etag } })).status, 304)
  assert.equal((await fetch(url, { headers: { 'if-none-match': '"other"' } })).status, 200)
})

test('tags come in pages that link to the next one', async () => {
  for (const tag of ['a', 'b', 'c', 'd']) await pushSampleImage(registry, 'paged', tag)
  const first = await fetch(`${registry.url}/v2/paged/tags/list`)
  assert.deepEqual((await first.json()).tags, ['a', 'b', 'c'])
  const next = /<(.+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1]
  const second = await fetch(new URL(next ?? '', registry.url))
  assert.deepEqual((await second.json()).tags, ['d'])
  assert.equal(second.headers.get('link'), null)
})

test('a manifest that names what is not there is refused', async () => {
  const response = await fetch(`${registry.url}/v2/team/app/manifests/bad`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
    body: JSON.stringify({ config: { mediaType: 'x', digest: 'sha256:00' } }),
  })
  assert.equal(response.status, 400)
})

test('referrers of a digest are listed', async () => {
  const subject = await pushSampleImage(registry, 'team/app', '2.0.0')
  const body = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: 'application/example',
    subject: { digest: subject },
    layers: [],
  })
  const put = await fetch(`${registry.url}/v2/team/app/manifests/signature`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' },
    body,
  })
  assert.equal(put.headers.get('oci-subject'), subject)
  const index = await (await fetch(`${registry.url}/v2/team/app/referrers/${subject}`)).json()
  assert.equal(index.manifests.length, 1)
  assert.equal(index.manifests[0].artifactType, 'application/example')
})

test('token auth lets in who fetched a token for the scope, and nobody else', async () => {
  const guarded = await startRegistry({ auth: { kind: 'token', username: 'u', password: 'p' } })
  await pushSampleImage(guarded, 'app', '1')
  const url = `${guarded.url}/v2/app/tags/list`
  const refused = await fetch(url)
  assert.equal(refused.status, 401)
  const challenge = refused.headers.get('www-authenticate') ?? ''
  const [, realm, service, scope] =
    /realm="(.+?)",service="(.+?)",scope="(.+?)"/.exec(challenge) ?? []
  const tokenUrl = `${realm}?service=${service}&scope=${scope}`
  assert.equal((await fetch(tokenUrl)).status, 401)
  const authorization = `Basic ${btoa('u:p')}`
  const { token } = await (await fetch(tokenUrl, { headers: { authorization } })).json()
  const granted = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(granted.status, 200)
  guarded.revokeTokens()
  const revoked = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(revoked.status, 401)
  await guarded.close()
})

test('faults hit the requests they are for, so many times', async () => {
  registry.inject({ path: /tags\/list/, status: 429, headers: { 'retry-after': '7' } })
  const url = `${registry.url}/v2/paged/tags/list`
  const limited = await fetch(url)
  assert.equal(limited.status, 429)
  assert.equal(limited.headers.get('retry-after'), '7')
  await limited.text()
  assert.equal((await fetch(url)).status, 200)
  assert.equal(registry.log.at(-2)?.status, 429)
})
