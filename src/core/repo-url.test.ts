import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { normChart, normGit, normImage, withoutUserInfo } from './repo-url.ts'

const cases = (
  normalise: (address: string) => string,
  table: readonly [string, string][],
): void => {
  for (const [address, expected] of table) assert.equal(normalise(address), expected, address)
}

describe('normGit', () => {
  it('brings addresses of one repository to one form', () => {
    cases(normGit, [
      ['https://GitHub.com/Akuity/Kargo.git', 'https://github.com/akuity/kargo'],
      ['https://github.com/akuity/kargo/', 'https://github.com/akuity/kargo'],
      ['https://github.com/akuity/kargo.git/', 'https://github.com/akuity/kargo'],
      ['https://user:p%40ss@github.com/akuity/kargo', 'https://github.com/akuity/kargo'],
      ['http://localhost:8080/r.git', 'http://localhost:8080/r'],
      ['  \ufeffhttps://github.com/a/b\n', 'https://github.com/a/b'],
      ['git@github.com:akuity/kargo.git', 'ssh://git@github.com/akuity/kargo'],
      ['ssh://git@github.com/akuity/kargo.git', 'ssh://git@github.com/akuity/kargo'],
      ['ssh://git@github.com:22/akuity/kargo', 'ssh://git@github.com:22/akuity/kargo'],
    ])
  })

  it('leaves what it cannot read as it is', () => {
    cases(normGit, [
      ['https://example.com/R?x=Y', 'https://example.com/R?x=Y'],
      ['Just Words', 'Just Words'],
      ['', ''],
      ['FTP://Example.com/x', 'FTP://Example.com/x'],
    ])
  })
})

describe('normImage', () => {
  it('drops what the default registry implies, and tags', () => {
    cases(normImage, [
      ['nginx', 'nginx'],
      ['docker.io/library/nginx', 'nginx'],
      ['index.docker.io/library/nginx:1.27', 'nginx'],
      ['registry-1.docker.io/bitnami/redis', 'bitnami/redis'],
      ['GHCR.io/Example/App:v1@sha256:00ff', 'ghcr.io/example/app'],
      ['localhost:5000/app', 'localhost:5000/app'],
      ['localhost:5000/app:1', 'localhost:5000/app'],
      ['ghcr.io/library/app', 'ghcr.io/library/app'],
      ['not an image', 'not an image'],
    ])
  })
})

describe('normChart', () => {
  it('treats OCI repositories as images and the others as addresses', () => {
    cases(normChart, [
      ['oci://GHCR.io/charts/app', 'ghcr.io/charts/app'],
      ['oci://registry.example.com:5000', 'registry.example.com'],
      ['https://Charts.example.com', 'https://charts.example.com'],
    ])
  })
})

describe('normal forms', () => {
  it('are stable: normalising twice changes nothing', () => {
    fc.assert(
      fc.property(fc.webUrl(), (address) => {
        const url = address.replace(/\/+$/, '/')
        assert.equal(normGit(normGit(url)), normGit(url))
        assert.equal(normChart(normChart(url)), normChart(url))
      }),
    )
  })

  it('never throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        normGit(text)
        normImage(text)
        normChart(text)
      }),
    )
  })
})

it('what may be a credential is not shown, wherever it stands', () => {
  const digest = `@sha256:${'a'.repeat(64)}`
  const cases = [
    ['https://u:a/b@host/app', 'https://host/app'],
    ['https:/u:a@host/app', 'host/app'],
    ['oci://u:a@b@host/app', 'oci://host/app'],
    [`u:a@host/app${digest}`, `host/app${digest}`],
    [`host/app${digest}`, `host/app${digest}`],
    ['host/app', 'host/app'],
  ] as const
  for (const [address, shown] of cases) assert.equal(withoutUserInfo(address), shown)
})
