import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAnnotationRequest } from './annotation-request.ts'

test('a request is its bare id, or JSON that says who asks', () => {
  assert.deepEqual(parseAnnotationRequest('abc'), { id: 'abc', controlPlane: false })
  const text = JSON.stringify({ id: 'abc', actor: 'email:ann@example.com', controlPlane: true })
  assert.deepEqual(parseAnnotationRequest(text), {
    id: 'abc',
    actor: 'email:ann@example.com',
    controlPlane: true,
  })
  assert.deepEqual(parseAnnotationRequest('{"id":"abc","actor":"","controlPlane":"true"}'), {
    id: 'abc',
    controlPlane: false,
  })
})

test('an abort carries an action instead', () => {
  const text = '{"action":"terminate","actor":"admin"}'
  assert.equal(parseAnnotationRequest(text, 'action')?.id, 'terminate')
  assert.equal(parseAnnotationRequest('terminate', 'action')?.id, 'terminate')
  assert.equal(parseAnnotationRequest(text), undefined)
})

test('nothing, and JSON of another shape, asks for nothing', () => {
  for (const value of [undefined, '', '7', 'null', '[]', '{}', '{"id":""}', '{"id":7}'])
    assert.equal(parseAnnotationRequest(value), undefined, value)
})
