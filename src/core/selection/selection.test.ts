import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileNameRules, isNameAllowed } from './name-rules.ts'
import { compilePathRules, isAnyPathRelevant } from './path-rules.ts'

function isRelevant(
  include: string[],
  exclude: string[],
  ...paths: readonly string[]
): boolean | undefined {
  const rules = compilePathRules({ includePaths: include, excludePaths: exclude })
  return rules && isAnyPathRelevant(rules, paths)
}

test('ignored names are out, allowed ones in, and both are searched unanchored', () => {
  const rules = compileNameRules({ allowTagsRegexes: ['1\\.'], ignoreTagsRegexes: ['rc', '^x'] })
  assert.equal(isNameAllowed(rules, 'v1.2'), true)
  assert.equal(isNameAllowed(rules, 'v1.2-rc1'), false)
  assert.equal(isNameAllowed(rules, 'x1.2'), false)
  assert.equal(isNameAllowed(rules, 'v2'), false)
  assert.equal(isNameAllowed(compileNameRules({}), 'anything'), true)
})

test('a regular expression that does not compile is Invalid', () => {
  assert.throws(() => compileNameRules({ allowTagsRegexes: ['('] }), { code: 'Invalid' })
  assert.throws(() => compilePathRules({ includePaths: ['regex:('] }), { code: 'Invalid' })
  assert.throws(() => compilePathRules({ excludePaths: ['glob:['] }), { code: 'Invalid' })
})

test('a plain path means itself and everything beneath', () => {
  assert.equal(isRelevant(['charts/app'], [], 'charts/app'), true)
  assert.equal(isRelevant(['./charts/app/'], [], 'charts/app/values.yaml'), true)
  assert.equal(isRelevant(['charts/app'], [], 'charts/app2/values.yaml'), false)
  assert.equal(isRelevant(['.'], [], 'a..b.txt'), true)
})

test('globs and regular expressions match whole paths and parts of them', () => {
  assert.equal(isRelevant(['glob:*.md'], [], 'README.md'), true)
  assert.equal(isRelevant(['glob:*.md'], [], 'docs/README.md'), false)
  assert.equal(isRelevant(['glob:docs/**/*.md'], [], 'docs/a/b.md'), true)
  assert.equal(isRelevant(['regexp:\\.md$'], [], 'docs/README.md'), true)
})

test('one path that counts is enough, and exclusion wins for each path alone', () => {
  assert.equal(isRelevant([], ['docs'], 'docs/a.md'), false)
  assert.equal(isRelevant([], ['docs'], 'docs/a.md', 'main.go'), true)
  assert.equal(isRelevant(['src'], ['src/test'], 'src/test/x'), false)
  assert.equal(isRelevant(['src'], [], 'other'), false)
  assert.equal(isRelevant([], []), undefined)
})
