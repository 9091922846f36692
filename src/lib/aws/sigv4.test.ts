import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signV4 } from './sigv4.ts'

// Keys, times and signatures of AWS's published Signature Version 4 test suite, and of the ListUsers example in its guide.
const keys = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}
const nowMs = Date.parse('2015-08-30T12:36:00Z')
const base = {
  url: 'https://example.amazonaws.com/',
  region: 'us-east-1',
  service: 'service',
  nowMs,
}

const signatureOf = (headers: Record<string, string>): string | undefined =>
  /Signature=([0-9a-f]{64})$/u.exec(headers['authorization'] ?? '')?.[1]

test('get-vanilla', () => {
  const signed = signV4(keys, { ...base, method: 'GET', headers: {}, body: '' })
  assert.equal(
    signed['authorization'],
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  )
  assert.equal(signed['x-amz-date'], '20150830T123600Z')
})

test('post-vanilla', () => {
  const signed = signV4(keys, { ...base, method: 'POST', headers: {}, body: '' })
  assert.equal(
    signatureOf(signed),
    '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  )
})

test('post-x-www-form-urlencoded', () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const signed = signV4(keys, { ...base, method: 'POST', headers, body: 'Param1=value1' })
  assert.equal(
    signatureOf(signed),
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  )
})

test('a session token is signed too', () => {
  const withToken = { ...keys, sessionToken: 'session' }
  const signed = signV4(withToken, { ...base, method: 'GET', headers: {}, body: '' })
  assert.equal(signed['x-amz-security-token'], 'session')
  assert.match(
    signed['authorization'] ?? '',
    /SignedHeaders=host;x-amz-date;x-amz-security-token,/u,
  )
})
