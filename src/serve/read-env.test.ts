import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../core/errors.ts'
import { toBytes, toCount, toList, toNetworks, toPushIntegration } from './read-env.ts'

test('a number of bytes is read with and without a unit, and is absent when nothing is said', () => {
  const read = (text: string | undefined) =>
    toBytes({ GANTRY_MIRROR_MAX_BYTES: text }, 'GANTRY_MIRROR_MAX_BYTES')
  assert.equal(read('500'), 500)
  assert.equal(read('500Mi'), 500 * 1024 * 1024)
  assert.equal(read('2Ti'), 2 * 1024 ** 4)
  assert.equal(read(''), undefined)
  assert.equal(read(undefined), undefined)
})

test('what is no number of bytes is an error that names the variable and shows the form', () => {
  for (const text of [
    '0',
    '0Gi',
    '-1',
    '1.5Gi',
    '10GB',
    '10 Gi',
    'Gi',
    '1e9',
    'ten',
    '0x10',
    ' 5',
    '9'.repeat(16),
  ])
    assert.throws(
      () => toBytes({ GANTRY_MIRROR_MAX_BYTES: text }, 'GANTRY_MIRROR_MAX_BYTES'),
      {
        code: 'BadRequest',
        message: /GANTRY_MIRROR_MAX_BYTES is .*500Mi/u,
      },
      text,
    )
})

test('counts, lists and policies are read, or are errors that name the variable', () => {
  assert.equal(toCount({ N: '7' }, 'N', 3), 7)
  assert.equal(toCount({}, 'N', 3), 3)
  for (const text of ['0', '-1', '1.5', 'x', 'Infinity'])
    assert.throws(() => toCount({ N: text }, 'N', 3), { code: 'BadRequest', message: /^N is/u })
  assert.deepEqual(toList(' a, ,b,'), ['a', 'b'])
  assert.equal(toPushIntegration(''), 'AlwaysRebase')
  assert.equal(toPushIntegration('None'), 'None')
  assert.throws(() => toPushIntegration('rebase'), { code: 'BadRequest' })
})

test('what is no network is an error that names the variable and shows the form', () => {
  const read = (text: string) => toNetworks({ GANTRY_DENY_NETWORKS: text }, 'GANTRY_DENY_NETWORKS')
  const given = '10.0.0.0/8, 192.0.2.1,,2001:db8::/32,::1/128,0.0.0.0/0'
  assert.deepEqual(read(given), [
    '10.0.0.0/8',
    '192.0.2.1',
    '2001:db8::/32',
    '::1/128',
    '0.0.0.0/0',
  ])
  for (const text of [
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'example.com',
    '::/129',
    '10.0/8',
  ])
    assert.throws(
      () => read(`10.0.0.0/8,${text}`),
      (thrown) =>
        hasCode(thrown, 'BadRequest') &&
        /GANTRY_DENY_NETWORKS .*10\.0\.0\.0\/8/.test(String(thrown)),
      text,
    )
})
