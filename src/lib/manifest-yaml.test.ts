import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { GantryError } from '../core/errors.ts'
import { type ManifestDocument, readManifests } from './manifest-yaml.ts'

const rounds = process.env['GANTRY_LONG'] === '1' ? 20_000 : 300

function values(text: string): unknown[] {
  return readManifests(text).map((entry) => ('value' in entry ? entry.value : entry.error.code))
}

function errorOf(entry: ManifestDocument | undefined): GantryError {
  assert.ok(entry !== undefined && 'error' in entry)
  return entry.error
}

describe('readManifests', () => {
  it('reads each document with its position and its first line', () => {
    assert.deepEqual(readManifests('# hello\na: 1\n---\n---\nb: 2\n...\n---\n# nothing\n'), [
      { document: 1, line: 2, value: { a: 1 } },
      { document: 3, line: 5, value: { b: 2 } },
    ])
  })

  it('reads scalars as Kubernetes does', () => {
    const text = `
      a: [yes, No, on, OFF, y, true, n]
      b: [010, 0x1f, 1_000, 1e3, .5, +5]
      c: [1:30, 2001-12-14, 2001-12-14t21:59:43Z, "yes", 0o17]
      d: [~, null, '']
      1: x
      true: z`
    assert.deepEqual(values(text), [
      {
        a: [true, false, true, false, 'y', true, 'n'],
        b: [8, 31, 1000, 1000, 0.5, 5],
        c: ['1:30', '2001-12-14', '2001-12-14t21:59:43Z', 'yes', '0o17'],
        d: [null, null, ''],
        '1': 'x',
        true: 'z',
      },
    ])
  })

  it('reads JSON, also with comments as YAML reads them', () => {
    assert.deepEqual(values('{"a": [1, "yes"]}'), [{ a: [1, 'yes'] }])
    assert.deepEqual(values('[{"a": 1}, {"a": 2}]'), [{ a: 1 }, { a: 2 }])
    assert.deepEqual(values('{"a": 1} # one'), [{ a: 1 }])
  })

  it('takes a list apart and gives the items of a typed list their kind', () => {
    const text = 'kind: List\napiVersion: v1\nitems: [{kind: A, n: 1}, {kind: B, n: 2}]'
    assert.deepEqual(readManifests(text), [
      { document: 1, item: 1, line: 1, value: { kind: 'A', n: 1 } },
      { document: 1, item: 2, line: 1, value: { kind: 'B', n: 2 } },
    ])
    assert.deepEqual(values('kind: StageList\napiVersion: x/v1\nitems: [{n: 1}]'), [
      { kind: 'Stage', apiVersion: 'x/v1', n: 1 },
    ])
  })

  it('names the document and line of a broken one and reads the others', () => {
    const entries = readManifests('a: 1\n---\nb: [1\nc: 2\n---\nd: 3\n')
    assert.deepEqual(
      entries.map((entry) => [entry.document, 'value' in entry]),
      [
        [1, true],
        [2, false],
        [3, true],
      ],
    )
    const error = errorOf(entries[1])
    assert.equal(error.code, 'BadRequest')
    assert.match(error.message, /document 2: line 4/)
  })

  it('refuses a value whose beginning YAML takes for a tag, and says to quote it', () => {
    const [broken, fine] = readManifests('a: 1\nb: !(c contains d)\n---\na: !!str 1\n')
    assert.ok(broken !== undefined && 'error' in broken)
    assert.match(broken.error.message, /line 2: .*"!\(c".*quote/)
    assert.deepEqual(fine, { document: 2, line: 4, value: { a: '1' } })
  })

  it('refuses a key that is there twice, and names its line', () => {
    const error = errorOf(readManifests('a: 1\nb:\n  c: 1\n  c: 2\n')[0])
    assert.equal(error.code, 'BadRequest')
    assert.match(error.message, /line 4: the key "c"/)
  })

  it('resolves aliases and merge keys', () => {
    assert.deepEqual(
      values('a: &x {p: 1}\nb: *x\nc: {<<: *x, q: 2}\nd: {p: 3, <<: [*x, {p: 4, r: 5}]}'),
      [{ a: { p: 1 }, b: { p: 1 }, c: { p: 1, q: 2 }, d: { p: 3, r: 5 } }],
    )
    assert.deepEqual(values('a: &x [*x]'), ['BadRequest'])
    const many = `a: &x [1]\n${Array.from({ length: 3000 }, (_, i) => `k${i}: *x`).join('\n')}`
    assert.equal(Object.keys(values(many)[0] ?? {}).length, 3001)
  })

  it('refuses aliases that stand for billions of values', () => {
    const levels = Array.from({ length: 20 }, (_, i) => {
      const previous = i === 0 ? '0' : `*a${i - 1}`
      return `a${i}: &a${i} [${Array.from({ length: 10 }, () => previous).join(',')}]`
    })
    assert.equal(errorOf(readManifests(levels.join('\n'))[0]).code, 'TooLarge')
  })

  it('refuses absurd nesting quickly', () => {
    const bombs = ['['.repeat(1e5), '{a: '.repeat(1e5), '- '.repeat(1e5), '? '.repeat(1e5)]
    for (const bomb of bombs) {
      const started = performance.now()
      assert.throws(
        () => readManifests(bomb),
        (thrown) => thrown instanceof GantryError && thrown.code === 'TooLarge',
      )
      assert.ok(performance.now() - started < 1000)
    }
    const indented = Array.from({ length: 1500 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')
    assert.throws(
      () => readManifests(indented),
      (thrown) => thrown instanceof GantryError && thrown.code === 'TooLarge',
    )
  })

  it('reads long one-line JSON inside YAML', () => {
    const wide = `a: {${Array.from({ length: 500 }, (_, i) => `"k${i}": ${i}`).join(', ')}}`
    assert.equal(errorOfNone(wide), 1)
  })

  it('throws nothing but GantryErrors, whatever the text', () => {
    const piece = fc.constantFrom(
      'a',
      ': ',
      '- ',
      '? ',
      '\n',
      '  ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '&x ',
      '*x',
      '<<',
      '"',
      "'",
      '|',
      '>',
      '#',
      '---\n',
      '...\n',
      '!!binary ',
      '!t ',
      '%YAML 1.2\n',
      '\t',
      '\u0000',
      '0',
    )
    const text = fc.oneof(
      fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(text, (input) => {
        try {
          readManifests(input)
        } catch (thrown) {
          assert.ok(thrown instanceof GantryError)
        }
      }),
      { numRuns: rounds },
    )
  })
})

function errorOfNone(text: string): number {
  return readManifests(text).filter((entry) => 'value' in entry).length
}

describe('S4: what would take too much memory', () => {
  const codeOf = (text: string): string => {
    try {
      return String(readManifests(text).length)
    } catch (thrown) {
      return thrown instanceof GantryError ? thrown.code : String(thrown)
    }
  }

  it('is refused before it is parsed, however its values are written', () => {
    const since = performance.now()
    for (const one of ['1,', '"",', "'',", '*a,', '? ,', '[],', '{},'])
      assert.equal(codeOf(`x: &a y\nb: [${one.repeat(400_001)}]`), 'TooLarge', one)
    assert.equal(codeOf(`a:\n${'- 1\n'.repeat(400_001)}`), 'TooLarge')
    assert.equal(codeOf('a: b\n'.repeat(200_001)), 'TooLarge')
    assert.equal(codeOf(`a:\n${'-\n'.repeat(400_001)}`), 'TooLarge')
    assert.equal(codeOf(`a:\n${'- 1\n'.repeat(10_000)}`), '1')
    assert.ok(performance.now() - since < 10_000)
  })

  it('is what one document holds, not all together', () => {
    const document = `a: [${'1,'.repeat(10_000)}]\n`
    assert.equal(codeOf(`${document}---\n`.repeat(45)), '45')
  })

  it('is no smaller for a text in it that looks like the end of a document', () => {
    assert.equal(codeOf('[---x,'.repeat(1000)), 'TooLarge')
    assert.equal(codeOf(`a: [${'---x,'.repeat(400_001)}]`), 'TooLarge')
  })

  it('also are more manifests than anybody writes', () => {
    assert.equal(codeOf('a: b\n---\n'.repeat(50_001)), 'TooLarge')
    assert.equal(codeOf(`[${'{},'.repeat(50_000)}{}]`), 'TooLarge')
    assert.equal(codeOf(`{"kind":"List","items":[${'{},'.repeat(50_000)}{}]}`), 'TooLarge')
    assert.equal(codeOf('a: b\n---\n'.repeat(100)), '100')
  })
})

it('whoever reads a file of their own may take more values than strangers may send', () => {
  const items = Array.from({ length: 50 }, (_, at) => `- {kind: Item, at: ${at}}\n`).join('')
  const text = `apiVersion: v1\nkind: List\nitems:\n${items}`
  assert.throws(() => readManifests(text, 100), /more than 100 values in one document/)
  assert.equal(readManifests(text, 1000).length, 50)
  assert.equal(readManifests(text).length, 50)
})
