import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { checkExpressions, readLines } from './expr.ts'
import type { ConformanceReport, ExprVector } from './expr.ts'
import { checkTemplates } from './template.ts'
import type { TemplateVector } from './template.ts'

const own = (name: string): string => new URL(name, import.meta.url).pathname
const shared =
  process.env['GANTRY_CONFORMANCE_DIR'] ??
  new URL('../../../shared/conformance', import.meta.url).pathname

function assertAllPass(report: ConformanceReport): void {
  assert.deepEqual(report.mismatches, [])
}

test('every expression of our own vectors gives the value that the specification says', () => {
  const vectors = readLines<ExprVector>(readFileSync(own('expr.jsonl'), 'utf8'))
  assert.ok(vectors.length >= 400, `${vectors.length} vectors`)
  assertAllPass(checkExpressions(vectors))
})

test('every template of our own vectors gives the value that the specification says', () => {
  const vectors = readLines<TemplateVector>(readFileSync(own('template.jsonl'), 'utf8'))
  assert.ok(vectors.length >= 150, `${vectors.length} vectors`)
  assertAllPass(checkTemplates(vectors))
})

test('a wrong expectation is a mismatch, in both kinds of files', () => {
  assert.equal(
    checkExpressions([
      { expr: '1', value: 1 },
      { expr: '1', error: 'run' },
    ]).mismatches.length,
    2,
  )
  assert.equal(checkExpressions([{ expr: 'nope()', value: 1 }]).passed, 0)
  assert.equal(checkTemplates([{ template: '${{ 1 }}', value: '1' }]).mismatches.length, 1)
  assert.equal(checkTemplates([{ template: '${{ 1 }}', error: true }]).mismatches.length, 1)
})

const sharedExpressions = `${shared}/expr.jsonl`
if (existsSync(sharedExpressions)) {
  test('every expression computed by the original gives the same here', () => {
    const vectors = readLines<ExprVector>(readFileSync(sharedExpressions, 'utf8'))
    assertAllPass(checkExpressions(vectors))
  })
}
