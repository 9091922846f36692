import assert from 'node:assert/strict'
import { test } from 'node:test'
import { receiverPath, secretNameOf, secretValue } from './receiver-path.ts'

test('a path is the kind and the hash of Project, name and secret, as sha256sum has it', () => {
  assert.equal(
    receiverPath('github', 'kargo-demo', 'my-receiver', 's3cret'),
    '/github/a0567dc85ed0e398939dec69550a70c52619ce1165aa9c698421293b8835cf3d',
  )
  assert.equal(
    receiverPath('generic', '', 'my-receiver', 's3cret'),
    '/generic/c94a0778f5eb819f14d875eadbd40d3e2a94a82ab77e41259a6fa32dd3423f43',
  )
})

test('the Secret of a receiver is found under its kind only', () => {
  const config = { name: 'a', github: { secretRef: { name: 's' } } }
  assert.equal(secretNameOf(config, 'github'), 's')
  assert.equal(secretNameOf(config, 'gitlab'), undefined)
})

test('the value of a Secret is read as UTF-8, and only under its own key', () => {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    data: { secret: 'w7xiZXI=' },
  } as const
  assert.equal(secretValue(secret, 'secret'), 'über')
  assert.equal(secretValue(secret, 'constructor'), undefined)
  assert.equal(secretValue(undefined, 'secret'), undefined)
})
