import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRedactor, mask } from './redact.ts'

test('a secret is masked as it is, in base64, in a URL and in JSON, until it is removed', () => {
  const redactor = createRedactor()
  const secret = 'pa"ss/wörd+1'
  const forms = [
    secret,
    Buffer.from(secret).toString('base64').replace(/=+$/u, ''),
    Buffer.from(secret).toString('base64url'),
    encodeURIComponent(secret),
    new URL(`https://example.com/${secret}`).pathname.slice(1),
    JSON.stringify(secret).slice(1, -1),
  ]
  redactor.add(secret)
  redactor.add('another-secret')
  for (const form of forms) assert.equal(redactor.redact(`<${form}>`), `<${mask}>`)
  redactor.remove(secret)
  for (const form of forms) assert.equal(redactor.redact(`<${form}>`), `<${form}>`)
  assert.equal(redactor.redact('another-secret'), mask)
})

test('of an address that is a secret the part that messages show is masked too', () => {
  const redactor = createRedactor()
  redactor.add('https://Hooks.example.com:443/services/T0/B1?wait=true')
  const shown = 'POST https://hooks.example.com/services/T0/B1 failed'
  assert.equal(redactor.redact(shown), `POST ${mask} failed`)
  redactor.add('https://api.example.com/?token=0123456789')
  assert.equal(redactor.redact('GET https://api.example.com/'), 'GET https://api.example.com/')
})

test('keys are masked in data only: those of our own objects are ours', () => {
  const redactor = createRedactor()
  redactor.add('password')
  const value = { password: { list: ['password', { password: 1 }] } }
  const values = { password: { list: [mask, { password: 1 }] } }
  assert.deepEqual(redactor.redactValue(value), values)
  assert.deepEqual(redactor.redactData(value), { [mask]: { list: [mask, { [mask]: 1 }] } })
})

test('what two secrets have in common stays masked until both are gone', () => {
  const redactor = createRedactor()
  redactor.add('line-in-both\nfirst-line')
  redactor.add('line-in-both\nother-line')
  redactor.remove('line-in-both\nfirst-line')
  assert.equal(redactor.redact('line-in-both'), mask)
})

test('a secret may be as large as a Secret can hold', () => {
  const redactor = createRedactor()
  const secret = 'ü0123456789abcde'.repeat(64 * 1024)
  redactor.add(secret)
  assert.equal(redactor.redact(`<${secret}>`), `<${mask}>`)
  assert.equal(redactor.redact(Buffer.from(secret).toString('base64url')), mask)
})
