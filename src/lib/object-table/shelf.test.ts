import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pack, type Place, readText, shelfChars } from './shelf.ts'

function shelve(texts: readonly string[]): readonly Place[] {
  const shelf = { packed: pack(texts) }
  let to = 0
  return texts.map((text) => {
    const from = to
    to += text.length
    return { shelf, from, to }
  })
}

describe('a shelf of texts', () => {
  it('gives every text back, whatever its characters', () => {
    const texts = ['{"a":1}', '', '{"ü":"𝒳 → é"}', '{"b":"日本"}', 'x'.repeat(shelfChars)]
    assert.deepEqual(shelve(texts).map(readText), texts)
  })

  it('gives them back in any order, however many shelves there are', () => {
    const all = Array.from({ length: 30 }, (_, shelf) =>
      Array.from({ length: 5 }, (_, at) => `text ${at} of shelf ${shelf}`),
    )
    const places = all.map(shelve)
    for (let at = 4; at >= 0; at--)
      for (const [shelf, texts] of all.entries()) {
        const place = places[shelf]?.[at]
        assert.ok(place !== undefined)
        assert.equal(readText(place), texts[at])
      }
  })

  it('holds texts that are alike in a fraction of their size', () => {
    const texts = Array.from({ length: 20 }, (_, at) =>
      `{"name":"stage-${at}","steps":["clone","copy","push"]}`.repeat(20),
    )
    const packed = pack(texts)
    assert.ok(packed.byteLength * 5 < texts.join('').length)
  })
})
