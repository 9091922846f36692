import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { formatDuration, parseDuration } from './duration.ts'

describe('parseDuration', () => {
  it('reads what Go reads', () => {
    const cases: readonly [string, number][] = [
      ['0', 0],
      ['0s', 0],
      ['1s', 1000],
      ['1m', 60_000],
      ['1h', 3_600_000],
      ['1h30m', 5_400_000],
      ['1.5h', 5_400_000],
      ['.5s', 500],
      ['1.s', 1000],
      ['10ms', 10],
      ['1us', 0.001],
      ['1µs', 0.001],
      ['1ns', 0.000_001],
      ['24h0m0s', 86_400_000],
    ]
    for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text)
  })

  it('refuses what Go refuses', () => {
    for (const text of [
      '',
      '1',
      's',
      '-1h',
      '1d',
      '1h ',
      ' 1h',
      '1h30',
      '.s',
      '1h.m',
      'x1h',
      '1hx',
    ])
      assert.equal(parseDuration(text), undefined, text)
    assert.equal(parseDuration('1h'.repeat(51)), undefined)
    assert.equal(parseDuration('1h'.repeat(50)), 50 * 3_600_000)
  })
})

describe('formatDuration', () => {
  it('writes what Go writes', () => {
    const cases: readonly [number, string][] = [
      [-5, '0s'],
      [0, '0s'],
      [0.4, '0s'],
      [1, '1ms'],
      [999, '999ms'],
      [1000, '1s'],
      [1500, '1.5s'],
      [60_000, '1m0s'],
      [63_500, '1m3.5s'],
      [3_600_000, '1h0m0s'],
      [90_061_000, '25h1m1s'],
    ]
    for (const [ms, text] of cases) assert.equal(formatDuration(ms), text)
  })

  it('what is written reads back the same', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 12), (ms) => {
        assert.equal(Math.round(parseDuration(formatDuration(ms)) ?? -1), ms)
      }),
    )
  })
})
