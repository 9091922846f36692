import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { RE2JS } from 're2js'
import { regexSize } from './regex-size.ts'

const atom = fc.constantFrom(
  'a',
  '.',
  '\\d',
  '\\pL',
  '\\p{Greek}',
  '\\x{61}',
  '[a-z]',
  '[^]{9}]',
  '[[:alpha:]{9}]',
  '[\\]{9}]',
  '\\Q{9}\\E',
  '\\{',
  '\\[',
  '{',
  '{,2}',
  '^',
  '\\b',
  '(?i)k',
)
const times = fc.constantFrom('', '*', '+', '?', '{3}', '{2,}', '{1,4}', '{0,3}?', '{20}')

const { regex } = fc.letrec<{ regex: string; piece: string }>((tie) => ({
  regex: fc
    .array(fc.array(tie('piece'), { maxLength: 3 }), { minLength: 1, maxLength: 3 })
    .map((branches) => branches.map((pieces) => pieces.join('')).join('|')),
  piece: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.tuple(atom, times).map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom('(', '(?:', '(?P<n>', '(?i:'), tie('regex'), times)
      .map(([open, inner, repeated]) => `${open}${inner})${repeated}`),
  ),
}))

test('the size of an expression is never far below that of its program', () => {
  fc.assert(
    fc.property(regex, (source) => {
      let size: number
      try {
        size = RE2JS.compile(source).programSize()
      } catch {
        return
      }
      assert.ok(size <= 3 * regexSize(source) + 10, `${source}: ${size} for ${regexSize(source)}`)
    }),
    { numRuns: 2000 },
  )
})

test('usual expressions are about as large as their text', () => {
  const semver = '^v?(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(-[0-9A-Za-z.-]+)?$'
  assert.ok(regexSize(semver) <= semver.length)
  assert.equal(regexSize('[a-z0-9]{1,63}'), 126)
  assert.ok(regexSize('a{1000}'.repeat(50)) > 50_000)
})

test('any text has a size', () => {
  const text = fc.string({ unit: fc.constantFrom(...Array.from('\\[](){}^?:,|QEpx1a')) })
  fc.assert(fc.property(text, (source) => regexSize(source) >= 0))
})
