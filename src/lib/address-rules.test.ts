import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { hasCode } from '../core/errors.ts'
import { cloudIdentityServices, createAddressRules } from './address-rules.ts'

const closed = createAddressRules({ allowLoopback: false })
const open = createAddressRules({ allowLoopback: true })

test('S26: link-local and metadata addresses are refused in every spelling, whatever is allowed', () => {
  const rules = createAddressRules({ allowLoopback: true, allow: ['0.0.0.0/0', '::/0'] })
  for (const ip of [
    '169.254.169.254',
    '169.254.0.1',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '::169.254.169.254',
    '64:ff9b::169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    'fd00:ec2::254',
    '168.63.129.16',
    '100.100.100.200',
    '224.0.0.1',
    'ff02::1',
    'not an address',
  ]) {
    assert.notEqual(rules.refusal(ip), undefined, ip)
  }
})

test('S26: loopback is reached only when allowed, in every spelling', () => {
  const spellings = ['127.0.0.1', '127.9.9.9', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1']
  for (const ip of [...spellings, '64:ff9b::7f00:1', '2002:7f00:1::']) {
    assert.notEqual(closed.refusal(ip), undefined, ip)
    assert.equal(open.refusal(ip), undefined, ip)
  }
})

test('private ranges are reached, the operator can deny and allow', () => {
  for (const ip of ['10.1.2.3', '192.168.1.1', '172.16.0.1', 'fd12::1', '93.184.216.34']) {
    assert.equal(closed.refusal(ip), undefined, ip)
  }
  const rules = createAddressRules({
    allowLoopback: false,
    deny: ['10.0.0.0/8', 'fd00::/8'],
    allow: ['10.1.0.0/16', '127.0.0.1'],
  })
  assert.notEqual(rules.refusal('10.2.0.1'), undefined)
  assert.notEqual(rules.refusal('fd12::1'), undefined)
  assert.equal(rules.refusal('10.1.0.1'), undefined)
  assert.equal(rules.refusal('127.0.0.1'), undefined)
  assert.notEqual(rules.refusal('127.0.0.2'), undefined)
  assert.throws(
    () => createAddressRules({ allowLoopback: true, deny: ['intranet'] }),
    (error) => hasCode(error, 'Invalid'),
  )
})

test('a mapped address is judged as the address that it leads to', () => {
  fc.assert(
    fc.property(fc.ipV4(), (ip) => {
      const hex = ip.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))
      const [a = '', b = '', c = '', d = ''] = hex
      assert.equal(closed.refusal(`::ffff:${ip}`), closed.refusal(ip))
      assert.equal(closed.refusal(`64:ff9b::${a}${b}:${c}${d}`), closed.refusal(ip))
      assert.equal(closed.refusal(`2002:${a}${b}:${c}${d}::1`), closed.refusal(ip))
    }),
  )
})

test('a host is refused when one of its addresses is, and unknown ones are Unreachable', async () => {
  await assert.rejects(closed.resolve('localhost'), (error) => hasCode(error, 'Forbidden'))
  await assert.rejects(closed.resolve('[::1]'), (error) => hasCode(error, 'Forbidden'))
  assert.ok((await open.resolve('localhost')).length > 0)
  await assert.rejects(open.resolve('no-such-host.invalid'), (error) =>
    hasCode(error, 'Unreachable'),
  )
})

test('https and loopback count as protected', async () => {
  assert.equal(await open.isSecure(new URL('https://example.com')), true)
  assert.equal(await open.isSecure(new URL('http://127.0.0.1:8080')), true)
  assert.equal(await open.isSecure(new URL('http://[::1]')), true)
  assert.equal(await open.isSecure(new URL('http://10.0.0.1')), false)
})

test('identity services are out of reach, but for rules that name them, and then only they', () => {
  const everyone = createAddressRules({ allowLoopback: true, allow: cloudIdentityServices })
  const ambient = createAddressRules({
    allowLoopback: false,
    deny: ['169.254.0.0/16'],
    identityServices: cloudIdentityServices,
  })
  for (const ip of [...cloudIdentityServices, '::ffff:169.254.169.254']) {
    assert.notEqual(everyone.refusal(ip), undefined, ip)
    assert.equal(ambient.refusal(ip), undefined, ip)
  }
  for (const ip of ['169.254.1.1', '168.63.129.16', '127.0.0.1', 'fe80::1']) {
    assert.notEqual(ambient.refusal(ip), undefined, ip)
  }
})
