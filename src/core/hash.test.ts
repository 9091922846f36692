import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { sha1, sha256 } from './hash.ts'

const reference = (algorithm: string, text: string): string =>
  createHash(algorithm).update(text, 'utf8').digest('hex')

describe('hash', () => {
  it('gives the published digests of the empty text and of abc', () => {
    assert.equal(sha1(''), 'da39a3ee5e6b4b0d3255bfef95601890afd80709')
    assert.equal(sha1('abc'), 'a9993e364706816aba3e25717850c26c9cd0d89d')
    assert.equal(sha256(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    assert.equal(sha256('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  it('agrees with the platform at every length around the block size', () => {
    for (let length = 0; length < 200; length++) {
      const text = 'x'.repeat(length)
      assert.equal(sha1(text), reference('sha1', text))
      assert.equal(sha256(text), reference('sha256', text))
    }
  })

  it('agrees with the platform on any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        assert.equal(sha1(text), reference('sha1', text))
        assert.equal(sha256(text), reference('sha256', text))
      }),
    )
  })
})
