import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { GantryError } from '../errors.ts'
import type { Json } from '../json.ts'
import { compileJsonPath } from './index.ts'

const stages: Json = {
  kind: 'List',
  items: [
    {
      kind: 'Stage',
      metadata: { name: 'test', annotations: { 'kargo.akuity.io/refresh': 'a' } },
      status: {
        health: { status: 'Healthy' },
        conditions: [
          { type: 'Ready', status: 'True', age: 3 },
          { type: 'Verified', status: 'False', age: 20 },
        ],
      },
    },
    { kind: 'Stage', metadata: { name: 'prod' }, spec: { vars: [['a', 'b'], null, 5] } },
  ],
}

const print = (template: string, document: Json = stages): string =>
  compileJsonPath(template).print(document)

describe('a JSONPath template', () => {
  it('prints fields, with or without a root, and nothing for what is not there', () => {
    assert.equal(print('{.kind}'), 'List')
    assert.equal(print('{$.kind}'), 'List')
    assert.equal(print("{['kind']}"), 'List')
    assert.equal(print('{.none.deeper}'), '')
    assert.equal(print('{.__proto__}'), '')
    assert.equal(print('{.kind.length}'), '')
  })

  it('keeps the text around the braces', () => {
    assert.equal(print('kind={.kind};'), 'kind=List;')
    assert.equal(print('nothing in braces'), 'nothing in braces')
    assert.equal(print(''), '')
  })

  it('puts blanks between several results, and prints what is no text as JSON', () => {
    assert.equal(print('{.items[*].metadata.name}'), 'test prod')
    assert.equal(print('{.items[1].spec.vars}'), '[["a","b"],null,5]')
    assert.equal(print('{.items[1].spec.vars[*]}'), '["a","b"] null 5')
    assert.equal(print('{.items[1].metadata}'), '{"name":"prod"}')
    assert.equal(print('{}'.replace('}', '.}')), JSON.stringify(stages))
    assert.equal(print('{@}', 5), '5')
  })

  it('counts from the end, takes several, and slices', () => {
    const list: Json = ['a', 'b', 'c', 'd', 'e']
    assert.equal(print('{[0]}', list), 'a')
    assert.equal(print('{[-1]}', list), 'e')
    assert.equal(print('{[7]}', list), '')
    assert.equal(print('{[0, 2]}', list), 'a c')
    assert.equal(print('{[1:3]}', list), 'b c')
    assert.equal(print('{[-2:]}', list), 'd e')
    assert.equal(print('{[:2]}', list), 'a b')
    assert.equal(print('{[0:5:2]}', list), 'a c e')
    assert.equal(print('{[1]}', { 1: 'a' }), '')
  })

  it('takes names with dots and slashes, escaped or quoted', () => {
    const at = '{.items[0].metadata.annotations'
    assert.equal(print(`${at}.kargo\\.akuity\\.io/refresh}`), 'a')
    assert.equal(print(`${at}['kargo.akuity.io/refresh']}`), 'a')
    assert.equal(print("{.items[0]['kind', 'none']}"), 'Stage')
    assert.equal(print('{.a\\}b}', { 'a}b': 1 }), '1')
  })

  it('goes through everything with a star, and down to any depth with two dots', () => {
    assert.equal(print('{.items[0].status.health.*}'), 'Healthy')
    assert.equal(print('{..name}'), 'test prod')
    assert.equal(print('{.items[0]..type}'), 'Ready Verified')
    assert.equal(print('{..[0]}', [[1, 2], [3]]), '[1,2] 1 3')
  })

  it('keeps the items that pass a filter', () => {
    const named = (filter: string): string => print(`{.items[?(${filter})].metadata.name}`)
    assert.equal(named('@.metadata.name=="prod"'), 'prod')
    assert.equal(named("@.metadata.name != 'prod'"), 'test')
    assert.equal(named('@.status'), 'test')
    assert.equal(named('.status.health.status == "Healthy"'), 'test')
    assert.equal(named('@.kind == $.kind'), '')
    assert.equal(named('@.metadata.name > "q"'), 'test')
    assert.equal(named('@.metadata.name == "a == b"'), '')
    const ages = (filter: string): string =>
      print(`{.items[0].status.conditions[?(${filter})].age}`)
    assert.equal(ages('@.age < 20'), '3')
    assert.equal(ages('@.age <= 20'), '3 20')
    assert.equal(ages('@.age > 3'), '20')
    assert.equal(ages('@.age >= 3'), '3 20')
    assert.equal(ages('@.age > "3"'), '')
    assert.equal(ages('@.type=="Ready"'), '3')
    assert.equal(print('{[?(@ == null)]}', [1, null]), 'null')
    assert.equal(
      print('{[?(@.on == true)].n}', [
        { on: true, n: 1 },
        { on: false, n: 2 },
      ]),
      '1',
    )
  })

  it('repeats what is in a range, also one in another, with texts for line ends', () => {
    const lines = '{range .items[*]}{.metadata.name}{"\\t"}{.kind}{\'\\n\'}{end}'
    assert.equal(print(lines), 'test\tStage\nprod\tStage\n')
    const nested =
      '{range .items[*]}{.metadata.name}:{range .status.conditions[*]} {@.type} of {$.kind}{end};{end}'
    assert.equal(print(nested), 'test: Ready of List Verified of List;prod:;')
  })

  it('finds values as they are', () => {
    const { find } = compileJsonPath('{.items[1].spec.vars[*]}, {range .items[*]}{.kind}{end}')
    assert.deepEqual(find(stages), [['a', 'b'], null, 5, 'Stage', 'Stage'])
  })

  it('that makes no sense is refused, and no text at all makes it fail otherwise', () => {
    const refused = (template: string): void =>
      assert.throws(
        () => compileJsonPath(template),
        (thrown) => thrown instanceof GantryError && thrown.code === 'BadRequest',
        template,
      )
    for (const template of [
      '{',
      '{}',
      '{.a',
      '{"a}',
      '{kind}',
      '{.items[}',
      '{.items[x]}',
      '{.a. b}',
      '{.items[?(x)]}',
      '{range .items[*]}',
      '{end}',
    ])
      refused(template)
    const char = fc.constantFrom(...'{}[]().*?@$\'"\\:,=<>-ab0 \n'.split(''))
    fc.assert(
      fc.property(fc.string({ unit: char, maxLength: 30 }), (template) => {
        try {
          print(template)
        } catch (thrown) {
          assert.ok(thrown instanceof GantryError, String(thrown))
        }
      }),
      { numRuns: 3000 },
    )
  })
})
