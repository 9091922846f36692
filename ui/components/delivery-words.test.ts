import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Delivery, describeDelivery } from './delivery-words.ts'

const delivery = (more: Partial<Delivery>): Delivery => ({
  time: '2026-01-01T00:00:00Z',
  receiver: 'github',
  outcome: 'accepted',
  message: 'refreshed 1 warehouse(s)',
  ...more,
})
const warehouse = (name: string): string => `Warehouse/demo/${name}`
const words = (more: Partial<Delivery>) => describeDelivery(delivery(more), 'app')

test('who was woken is named, this Warehouse before others', () => {
  const word = (...names: string[]): string =>
    words({ refreshed: names.map(warehouse), refreshedCount: names.length }).word
  assert.equal(word('app'), 'woke this Warehouse')
  assert.equal(word('web', 'app'), 'woke this Warehouse and web')
  assert.equal(word('a', 'b', 'app'), 'woke this Warehouse, a and b')
  assert.equal(word('a', 'b', 'c', 'd', 'e'), 'woke a, b, c and 2 more')
  const promotion = words({ refreshed: ['Promotion/demo/app'], refreshedCount: 1 })
  assert.deepEqual([promotion.tone, promotion.word], ['good', 'woke app'])
})

test('more were woken than the log names', () => {
  const refreshed = ['a', 'b', 'c'].map(warehouse)
  assert.equal(words({ refreshed, refreshedCount: 40 }).word, 'woke a, b, c and 37 more')
})

test('what woke nobody is no good news, and says what it was about', () => {
  const about = ['https://example.com/app refs/heads/next']
  const { tone, word, about: shown, sentence = '' } = words({ about, refreshedCount: 0 })
  assert.deepEqual([tone, word, shown], ['none', 'woke nothing', about[0]])
  assert.match(sentence, /waits for this/)
})

test('what was turned away says why once, and where it came from when a stranger sent it', () => {
  const from = '192.0.2.1'
  const sentence = (outcome: string, message: string, event?: string): string =>
    words({ outcome, message, from, ...(event !== undefined && { event }) }).sentence ?? ''
  assert.equal(sentence('forged', 'no signature'), 'No signature. It came from 192.0.2.1.')
  assert.equal(
    sentence('malformed', 'the payload is malformed: a: wrong'),
    'Not as it should be: a: wrong.',
  )
  assert.equal(sentence('ignored', 'nothing to do: a ping'), 'A ping.')
  assert.match(sentence('unsupported', 'event "x" is not supported', 'x'), /need not send it/)
  assert.match(sentence('unsupported', 'event "" is not supported', ''), /is not supported/)
})

test('floods are summed up', () => {
  const flood = { outcome: 'forged', message: 'no signature', notLogged: 40 }
  assert.match(words(flood).sentence ?? '', /40 more were not written down/)
  const { sentence } = words({ refreshed: [warehouse('app')], refreshedCount: 1, notLogged: 2 })
  assert.match(sentence ?? '', /2 more/)
})

test('an outcome that the page does not know is shown as it is', () => {
  assert.deepEqual(words({ outcome: 'odd', message: 'x' }), {
    tone: 'none',
    word: 'odd',
    sentence: 'X.',
  })
})
