import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Credential } from '../src/core/credential.ts'
import chart from '../src/sources/chart.ts'
import image from '../src/sources/image.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { noDockerRegistry, startDockerRegistry } from './servers/docker-registry.ts'
import { startDocumentServer } from './servers/document-server.ts'
import { helm, noHelm } from './servers/helm.ts'
import { pushSampleImage } from './servers/registry.ts'
import { createSourceContext } from './source-context.ts'
import { makeTempFolder } from './temp-folder.ts'

const alice: Credential = { username: 'alice', password: 'secret', fingerprint: 'alice' }
const wrong: Credential = { username: 'alice', password: 'no', fingerprint: 'wrong' }

function contextFor(t: TestContext, credential?: Credential) {
  const ctx = createSourceContext(credential && { credential })
  t.after(() => ctx.close())
  return ctx
}

test(
  "images are found in Debian's registry, which does not page",
  { skip: noDockerRegistry },
  async (t) => {
    const registry = await startDockerRegistry()
    t.after(() => registry.close())
    const digests = new Map<string, string>()
    for (const tag of ['1.0.0', '1.1.0', '1.10.0']) {
      const platforms = tag === '1.1.0' ? ['linux/amd64', 'linux/arm64'] : ['linux/amd64']
      digests.set(tag, await pushSampleImage(registry, 'team/app', tag, { platforms }))
    }
    const repoURL = `${registry.host}/team/app`
    const { entry } = await image.discover(contextFor(t), { repoURL }, undefined)
    const found = entry['references'] as { tag: string; digest: string; createdAt: string }[]
    assert.deepEqual(
      found.map(({ tag, digest }) => [tag, digest]),
      ['1.10.0', '1.1.0', '1.0.0'].map((tag) => [tag, digests.get(tag)]),
    )
    assert.ok(found.every(({ createdAt }) => createdAt === '2026-01-01T00:00:00Z'))
  },
)

test('basic auth opens it to who has the password', { skip: noDockerRegistry }, async (t) => {
  const registry = await startDockerRegistry('basic')
  t.after(() => registry.close())
  const authorization = `Basic ${btoa('alice:secret')}`
  await pushSampleImage({ ...registry, authorization }, 'team/app', '1.0.0')
  const subscription = { repoURL: `${registry.host}/team/app` }
  const { entry } = await image.discover(contextFor(t, alice), subscription, undefined)
  assert.equal((entry['references'] as object[]).length, 1)
  for (const other of [undefined, wrong]) {
    const look = image.discover(contextFor(t, other), subscription, undefined)
    await assert.rejects(look, { code: 'Unauthorized' })
  }
})

test('tokens are fetched once for each repository', { skip: noDockerRegistry }, async (t) => {
  const registry = await startDockerRegistry('token')
  t.after(() => registry.close())
  const subscription = { repoURL: `${registry.host}/team/app` }
  const ctx = contextFor(t, alice)
  for (let round = 0; round < 3; round += 1) {
    // Nothing was pushed: the registry knows who asks, and says that there is nothing.
    await assert.rejects(image.discover(ctx, subscription, undefined), { code: 'NotFound' })
  }
  assert.equal(registry.tokens.length, 1)
  const look = image.discover(contextFor(t, wrong), subscription, undefined)
  await assert.rejects(look, { code: 'Unauthorized' })
})

test(
  'charts that helm packaged, indexed and pushed are found',
  { skip: noHelm || noDockerRegistry },
  async (t) => {
    const folder = makeTempFolder('charts')
    const registry = await startDockerRegistry()
    t.after(() => registry.close())
    const server = await startDocumentServer()
    t.after(() => server.close())
    helm(folder, 'create', 'app')
    for (const version of ['1.0.0', '1.10.0', '1.9.0+build.5', '2.0.0-rc.1']) {
      helm(folder, 'package', 'app', '--version', version, '-d', 'repo')
      helm(
        folder,
        'push',
        `repo/app-${version}.tgz`,
        `oci://${registry.host}/charts`,
        '--plain-http',
      )
    }
    helm(folder, 'repo', 'index', 'repo')
    server.documents.set('/index.yaml', readFileSync(join(folder, 'repo/index.yaml'), 'utf8'))
    const ctx = contextFor(t)
    const all = ['2.0.0-rc.1', '1.10.0', '1.9.0+build.5', '1.0.0']
    const byIndex = await chart.discover(ctx, { repoURL: server.url, name: 'app' }, undefined)
    assert.deepEqual(byIndex.entry['versions'], all)
    const oci = { repoURL: `oci://${registry.host}/charts/app` }
    assert.deepEqual((await chart.discover(ctx, oci, undefined)).entry['versions'], all)
  },
)
