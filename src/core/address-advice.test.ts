import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adviseAddress } from './address-advice.ts'

test('addresses of the right type are left alone', () => {
  const cases = [
    ['git', 'https://github.com/example/app.git'],
    ['git', 'https://org@dev.azure.com/org/project/_git/repo'],
    ['git', 'ssh://git@example.com:2222/app.git'],
    ['git', 'git@github.com:example/app.git'],
    ['git', 'https://charts.example.com/stable'],
    ['image', 'nginx'],
    ['image', '127.0.0.1:5000/team/app'],
    ['image', 'ghcr.io/example/app'],
    ['chart', 'https://charts.example.com'],
    ['chart', 'oci://ghcr.io/example/charts/app'],
    ['chart', 'oci://127.0.0.1:5000/charts/app'],
    ['chart', 'oci://registry:5000'],
    ['model', 'anything:else'],
  ] as const
  for (const [type, address] of cases)
    assert.equal(adviseAddress(type, address), undefined, address)
})

test('an address of another type is refused, and the type that fits is named', () => {
  const cases = [
    ['image', 'https://github.com/example/app.git', /type git/],
    ['image', 'git@github.com:example/app.git', /type git/],
    ['image', 'https://charts.example.com', /type chart/],
    ['image', 'oci://ghcr.io/example/app', /without "oci:/],
    ['image', 'nginx:1.27', /without a tag/],
    ['image', 'localhost:5000/app:1', /without a tag/],
    ['image', `nginx@sha256:${'a'.repeat(64)}`, /without a digest/],
    ['git', 'oci://ghcr.io/example/app', /type chart/],
    ['git', 'ghcr.io/example/app', /type image/],
    ['git', 'https://charts.example.com', /type chart/],
    ['git', 'file:///etc', /https:/],
    ['git', 'ext::sh -c true', /https:/],
    ['git', '/srv/app.git', /https:/],
    ['chart', 'git@github.com:example/app.git', /type git/],
    ['chart', 'ghcr.io/example/charts/app', /oci:/],
    ['chart', 'oci://ghcr.io/example/charts/app:v1', /without a tag/],
  ] as const
  for (const [type, address, expected] of cases) {
    const advice = adviseAddress(type, address)
    assert.equal(advice?.isRefused, true, address)
    assert.match(advice.message, expected)
  }
})

test('what may be right is only warned of', () => {
  const cases = [
    ['git', 'https://charts.example.com/stable/index.yaml'],
    ['chart', 'https://github.com/example/app.git'],
  ] as const
  for (const [type, address] of cases)
    assert.equal(adviseAddress(type, address)?.isRefused, false, address)
})

test('an address of any length is judged at once', () => {
  const started = performance.now()
  for (const end of ['/', '']) adviseAddress('chart', `oci://host/app:${'a'.repeat(60_000)}${end}`)
  assert.ok(performance.now() - started < 5000)
})

test('secrets in an address are refused whatever its type, and not repeated', () => {
  for (const type of ['git', 'image', 'chart', 'http'])
    for (const user of ['bot:hunter2-hunter2', ':hunter2-hunter2', 'ghp_hunter2-hunter2']) {
      const advice = adviseAddress(type, `https://${user}@example.com/app.git`)
      assert.equal(advice?.isRefused, true)
      assert.doesNotMatch(advice.message, /hunter2/)
    }
})
