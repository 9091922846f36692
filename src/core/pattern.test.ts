import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { hasCode } from './errors.ts'
import { compileGlob, compileRegex } from './pattern.ts'

const globs: readonly (readonly [glob: string, text: string, matches: boolean])[] = [
  ['a', 'a', true],
  ['a', 'ab', false],
  ['*', 'abc', true],
  ['*', 'a/b', false],
  ['*', '', true],
  ['a*c', 'abc', true],
  ['?', 'é', true],
  ['?', '/', false],
  ['**', 'a/b/c', true],
  ['**', '', true],
  ['**/c', 'c', true],
  ['**/c', 'a/b/c', true],
  ['**/c', 'a/bc', false],
  ['a/**', 'a', true],
  ['a/**', 'a/', true],
  ['a/**', 'a/b/c', true],
  ['a/**', 'ab', false],
  ['a/**/c', 'a/c', true],
  ['a/**/c', 'a/b/b/c', true],
  ['a/**/c', 'ac', false],
  ['a**c', 'abc', true],
  ['a**c', 'a/c', false],
  ['{a,b}', 'b', true],
  ['{a,b}', 'c', false],
  ['{a,b/**}/x', 'b/q/x', true],
  ['{uat,prod{-eu,-us}}', 'prod-us', true],
  ['{uat,prod{-eu,-us}}', 'prod', false],
  ['{a/**,b}', 'a', true],
  ['prod-[0-9]', 'prod-7', true],
  ['prod-[!0-9]', 'prod-7', false],
  ['prod-[^0-9]', 'prod-x', true],
  ['x[!a]y', 'x/y', false],
  ['[\\]a]', ']', true],
  ['[\\d]', '5', false],
  ['[\\d]', 'd', true],
  ['[a\\-c]', 'b', false],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['a.b', 'axb', false],
  ['(a|b)+$', '(a|b)+$', true],
  ['*', 'a\n', true],
  ['a', 'a\n', false],
  ['envs/*/kustomization.y{,a}ml', 'envs/prod/kustomization.yml', true],
]

test('a glob matches as doublestar does', () => {
  for (const [glob, text, matches] of globs) {
    assert.equal(compileGlob(glob).test(text), matches, `${glob} on ${JSON.stringify(text)}`)
  }
})

test('a malformed glob is Invalid', () => {
  for (const glob of ['[', '[]', '[a', '[!]', '{a', 'a}', '{a,{b}', 'a\\', '[a\\']) {
    assert.throws(
      () => compileGlob(glob),
      (error) => hasCode(error, 'Invalid'),
      glob,
    )
  }
})

test('a regular expression is searched anywhere, in RE2 syntax', () => {
  assert.equal(compileRegex('ro').test('prod'), true)
  assert.equal(compileRegex('^ro').test('prod'), false)
  assert.equal(compileRegex('(?i)PROD').test('prod'), true)
  for (const bad of ['(', 'a(?=b)', '(a)\\1', 'x{2000}']) {
    assert.throws(
      () => compileRegex(bad),
      (error) => hasCode(error, 'Invalid'),
      bad,
    )
  }
})

test('a pattern that makes backtracking engines hang is answered at once', () => {
  const started = performance.now()
  assert.equal(compileGlob('*a*a*a*a*a*a*a*a*a*b').test('a'.repeat(2000)), false)
  assert.equal(compileRegex('^(a+)+$').test(`${'a'.repeat(2000)}!`), false)
  assert.ok(performance.now() - started < 2000)
  assert.throws(
    () => compileRegex('a'.repeat(5000)),
    (error) => hasCode(error, 'Invalid'),
  )
})

test('S4: a pattern of few characters that stands for a huge program is Invalid', () => {
  const started = performance.now()
  for (const bad of ['a{1000}'.repeat(100), '(a{30}|b{30}){500}', '((a{9}){9}){9}'.repeat(20)]) {
    assert.throws(
      () => compileRegex(bad),
      (error) => hasCode(error, 'Invalid'),
      bad,
    )
  }
  assert.ok(performance.now() - started < 2000)
})

test('every text compiles or is Invalid, and a quoted text matches only itself', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (glob, text) => {
      try {
        compileGlob(glob).test(text)
      } catch (error) {
        assert.ok(hasCode(error, 'Invalid'))
      }
      const quoted = text.replace(/[\\*?[\]{},]/gu, '\\$&')
      assert.equal(compileGlob(quoted).test(text), true)
    }),
  )
})
