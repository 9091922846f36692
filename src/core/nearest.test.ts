import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { didYouMean, nearest } from './nearest.ts'

describe('nearest', () => {
  it('finds what differs by a slip of the finger', () => {
    const known = ['requestedFreight', 'vars', 'shard']
    assert.equal(nearest('requestedFrieght', known), 'requestedFreight')
    assert.equal(nearest('vasr', known), 'vars')
    assert.equal(nearest('SHARD', known), 'shard')
    assert.equal(nearest('shards', known), 'shard')
  })

  it('finds nothing when nothing comes near', () => {
    assert.equal(nearest('colour', ['vars', 'shard']), undefined)
    assert.equal(nearest('', ['vars']), undefined)
    assert.equal(nearest('x'.repeat(100_000), ['vars']), undefined)
  })

  it('takes the closest, and of equals the first', () => {
    assert.equal(nearest('stagee', ['stages', 'stage']), 'stages')
    assert.equal(nearest('abcx', ['abcd', 'abcdx']), 'abcd')
  })

  it('makes the end of a message, or nothing', () => {
    assert.equal(didYouMean('vasr', ['vars']), ' (did you mean "vars"?)')
    assert.equal(didYouMean('zzz', ['vars']), '')
  })
})
