import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trustedChallenge } from './trusted-challenge.ts'

const elsewhere = 'Bearer realm="https://auth.example.com/token",service="x"'
const onItself = 'Bearer realm="https://10.0.0.5:8443/token",service="x"'

function trusted(
  origin: string,
  header: string,
  { host = 'registry.example.com', isAnonymous = false } = {},
): boolean {
  const visitor = {
    address: { host, path: 'app', display: `${host}/app`, schemes: ['https'] as const },
    credential: isAnonymous ? undefined : { username: 'u', password: 'p', fingerprint: 'f' },
    insecureSkipTLSVerify: false,
    signal: new AbortController().signal,
  }
  const refusal = {
    status: 401,
    headers: { 'www-authenticate': header },
    body: Buffer.alloc(0),
    origin,
  }
  return trustedChallenge(visitor, refusal) !== undefined
}

test('over https a registry may name a token server anywhere', () => {
  assert.ok(trusted('https://registry.example.com', elsewhere))
  assert.ok(
    trusted('https://registry.example.com', elsewhere, { host: 'Registry.example.com:443' }),
  )
})

test('S25: another host, to which the registry redirected, may not', () => {
  assert.equal(trusted('https://evil.test', elsewhere), false)
  assert.equal(trusted('https://registry.example.com:8443', elsewhere), false)
  assert.equal(trusted('https://evil.test', 'Basic realm="x"'), false)
  assert.ok(trusted('https://evil.test', elsewhere, { isAnonymous: true }), 'nothing to lose')
})

test('over plain http from another machine only the registry itself may be named', () => {
  assert.equal(trusted('http://10.0.0.5', elsewhere, { host: '10.0.0.5' }), false)
  assert.ok(trusted('http://10.0.0.5', onItself, { host: '10.0.0.5' }))
  assert.ok(trusted('http://127.0.0.1:5000', elsewhere, { host: '127.0.0.1:5000' }))
})
