import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { criteriaFunctions } from './functions/index.ts'
import { unknownNames, type KnownNames } from './unknown-names.ts'

const { declarations } = criteriaFunctions({})
const known: KnownNames = {
  declarations,
  variables: ['ctx', 'vars', 'outputs'],
  entries: { vars: ['image', 'tag'] },
}

describe('names that mean nothing', () => {
  it('are none in expressions that work', () => {
    const good = [
      "imageFrom('nginx').Tag == '1'",
      "commitFrom('x') != nil && len(ctx.stage) > 0",
      'vars.image + ":" + vars["tag"]',
      'let x = vars.tag; x + x',
      'filter([1, 2], # > 1 && #index == 0) | map(# + ctx.n) | count()',
      'all(outputs.list, .ok)',
      '{tag: vars.tag, "b": [ctx]}',
      "$env['anything'] == null",
      'undefined == None',
      'len',
      '"text"',
      'ctx.anything.at.all',
      'ctx.call(1)',
    ]
    for (const source of good) assert.deepEqual(unknownNames(source, known), [], source)
  })

  it('are allowed where the expression provides for nil', () => {
    const provided = [
      "missing ?? 'x'",
      'missing?.deeper',
      'missing == nil || missing.deeper > 1',
      'null != missing ? missing : 1',
      'vars.missing ?? 1',
      'vars?.missing ?? 1',
      "vars.missing == nil ? 'a' : vars.missing",
    ]
    for (const source of provided) assert.deepEqual(unknownNames(source, known), [], source)
  })

  it('are told apart, with what was meant', () => {
    const cases: readonly (readonly [string, string])[] = [
      ["imgeFrom('x').Tag", 'there is no function "imgeFrom" here (did you mean "imageFrom"?)'],
      ["success() && vars.tag == 'x'", 'there is no function "success" here: there is commitFrom'],
      ["hasPrefx('a', 'b')", 'there is no function "hasPrefx" here (did you mean "hasPrefix"?)'],
      ['vras.tag', 'there is no variable "vras" (did you mean "vars"?)'],
      ['env.HOME', 'there is no variable "env": there is ctx, vars, outputs'],
      ['imagesFrom.x', 'there is no variable "imagesFrom" (did you mean "imageFrom"?)'],
      ['vars.tga', 'there is no vars.tga here (did you mean "tag"?)'],
      ["vars['tga']", 'there is no vars.tga here (did you mean "tag"?)'],
      ['true ? 1 : deploy(ctx)', 'there is no function "deploy" here'],
      ['missing(1) ?? 2', 'there is no function "missing" here'],
      ['any([1], # == limit)', 'there is no variable "limit"'],
      ['let x = y; x', 'there is no variable "y"'],
      ['(let x = 1; x) + x', 'there is no variable "x"'],
    ]
    for (const [source, start] of cases) {
      const [problem = '', ...others] = unknownNames(source, known)
      assert.ok(problem.startsWith(start), `${source}: ${problem}`)
      assert.deepEqual(others, [], source)
    }
  })

  it('of older releases of Kargo are told apart, with what is written now', () => {
    assert.deepEqual(unknownNames('secrets.slack.token', known), [
      'there is no variable "secrets": write secret(\'NAME\').KEY',
    ])
  })

  it('are each named once, and all of them', () => {
    assert.equal(unknownNames('a + a + b + f(a) + f(b)', known).length, 3)
  })

  it('are looked for only in what can be read', () => {
    assert.throws(() => unknownNames('a +', known), { code: 'Invalid' })
  })
})
