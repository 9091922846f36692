import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parse } from 'yaml'
import { hasCode } from '../../core/errors.ts'
import type { ImageEntry } from '../../core/yaml.ts'
import { setImages } from './images.ts'

const set = (source: string, ...targets: ImageEntry[]): string =>
  setImages(source, targets, 'kustomization.yaml').text

const sorted = `# The overlay
resources:
  - ../../base # the base

images:
  # the app itself
  - name: example/app # keep
    newTag: v1.0.0 # and this
  - name: example/db
    newTag: "12"

# patches follow
patches: []
`

test('only the tag changes when only the tag is to change', () => {
  assert.equal(
    set(sorted, { name: 'example/app', newTag: 'v1.1.0' }),
    sorted.replace('newTag: v1.0.0', 'newTag: v1.1.0'),
  )
  assert.equal(
    set(sorted, { name: 'example/db', newTag: '13' }, { name: 'example/app', newTag: '1.10' }),
    sorted.replace('"12"', '"13"').replace('v1.0.0', '"1.10"'),
  )
  assert.equal(set(sorted, { name: 'example/app', newTag: 'v1.0.0' }), sorted)
})

test('a new image goes where its name sorts, with the layout of the others', () => {
  assert.equal(
    set(sorted, { name: 'example/cache', newTag: 'v2' }),
    sorted.replace(
      '  - name: example/db',
      '  - name: example/cache\n    newTag: v2\n  - name: example/db',
    ),
  )
  assert.equal(
    set(sorted, { name: 'z', newName: 'r/z', digest: 'sha256:1' }),
    sorted.replace('"12"\n', '"12"\n  - name: z\n    newName: r/z\n    digest: sha256:1\n'),
  )
})

test('fields that are not set go, `*` keeps what is there', () => {
  const source = 'images:\n- name: a\n  newName: r/a\n  newTag: v1\n'
  assert.equal(set(source, { name: 'a', newTag: 'v2' }), 'images:\n- name: a\n  newTag: v2\n')
  assert.equal(
    set(source, { name: 'a', newName: '*', newTag: 'v2' }),
    source.replace('newTag: v1', 'newTag: v2'),
  )
  assert.equal(
    set(source, { name: 'a', newName: '*', newTag: '*', digest: 'sha256:1' }),
    'images:\n- name: a\n  newName: r/a\n  newTag: v1\n  digest: sha256:1\n',
  )
  assert.equal(
    set('images: []\n', { name: 'a', newName: '*', newTag: '*' }),
    'images:\n- name: a\n',
  )
})

test('a list that was not sorted is, and comments move with their images', () => {
  const source =
    'images:\n# about b\n- name: b # b\n  newTag: 1 # one\n# about a\n- name: a\n  newTag: x\nlast: 1\n'
  assert.equal(
    set(source, { name: 'c', newTag: 'v3' }),
    'images:\n# about a\n- name: a\n  newTag: x\n# about b\n- name: b # b\n  newTag: 1 # one\n- name: c\n  newTag: v3\nlast: 1\n',
  )
})

test('a missing list is made, in an empty file too', () => {
  const image = { name: 'a', newTag: 'v1' }
  const list = 'images:\n- name: a\n  newTag: v1\n'
  assert.equal(set('', image), list)
  assert.equal(set('resources: [x]', image), `resources: [x]\n${list}`)
  assert.equal(set('images:\nresources: []\n', image), `${list}resources: []\n`)
  assert.equal(set('images: [] # none\nx: 1\n', image), `${list}x: 1\n`)
  assert.equal(set('images: [{name: b, newTag: x}]\n', image), `${list}- name: b\n  newTag: x\n`)
  assert.equal(set('a: 1\n---\nb: 2\n', image), `a: 1\n${list}---\nb: 2\n`)
  assert.equal(set('a: 1\r\n', image), `a: 1\r\n${list.replaceAll('\n', '\r\n')}`)
})

test('a file that is one flow mapping, or JSON, keeps everything else', () => {
  const app = { name: 'app', newTag: '1.10' }
  for (const [source, expected] of [
    [
      '{"resources": ["a"], "images": [{"name": "db", "newTag": "1"}], "patches": []}',
      '{"resources": ["a"], "images": [{"name": "app", "newTag": "1.10"}, {"name": "db", "newTag": "1"}], "patches": []}',
    ],
    [
      '{\n  "resources": ["a"],\n  "patches": []\n}\n',
      '{\n  "resources": ["a"],\n  "patches": [], "images": [{"name": "app", "newTag": "1.10"}]\n}\n',
    ],
    ['{}\n', '{"images": [{"name": "app", "newTag": "1.10"}]}\n'],
    ['{resources: [a], }\n', '{resources: [a], "images": [{"name": "app", "newTag": "1.10"}] }\n'],
    ['{images: null, a: 1}', '{images: [{"name": "app", "newTag": "1.10"}], a: 1}'],
  ] as const)
    assert.equal(set(source, app), expected)
  assert.throws(
    () => set('{a: 1 # last\n}', app),
    (error) => hasCode(error, 'Invalid'),
  )
})

test('what is no list of images is an error', () => {
  for (const source of [
    '[]',
    'images: x\n',
    'images: [x]\n',
    'images: {}\n',
    'a: {{ .x }}\n',
    'images: []\nimages: []\n',
  ]) {
    assert.throws(
      () => set(source, { name: 'a', newTag: 'v1' }),
      (error) => hasCode(error, 'Invalid'),
      source,
    )
  }
})

test('whatever the file looks like, the images are set and all else stays', () => {
  const name = fc.constantFrom('a', 'b', 'example/c', 'r:5000/d', 'e')
  const entry = fc.record(
    { name, newName: fc.constantFrom('r/x', 'y'), newTag: fc.constantFrom('v1', '1.10', 'x') },
    { requiredKeys: ['name'], noNullPrototype: true },
  )
  const layout = fc.record({
    indent: fc.constantFrom('', '  ', '    '),
    comment: fc.constantFrom('', ' # c'),
    above: fc.constantFrom('', '# above\n'),
    head: fc.constantFrom('', 'resources:\n- base # b\n', '---\nx: {y: [1]}\n'),
    tail: fc.constantFrom(
      '',
      'patches:\n- p: |\n    text # not a comment\n',
      '# end\nz: 1\n',
      '\n\n# end',
    ),
  })
  fc.assert(
    fc.property(
      fc.uniqueArray(entry, { selector: ({ name }) => name, maxLength: 4 }),
      fc.uniqueArray(entry, { selector: ({ name }) => name, minLength: 1, maxLength: 3 }),
      layout,
      (existing, targets, { indent, comment, above, head, tail }) => {
        const items = existing.map((image) =>
          Object.entries(image)
            .map(([key, value], at) => {
              const dash = at === 0 ? `${above && `${indent}${above}`}${indent}- ` : `${indent}  `
              return `${dash}${key}: "${value}"${comment}\n`
            })
            .join(''),
        )
        const list = existing.length === 0 ? '' : `images:${comment}\n${items.join('')}`
        const source = `${head}${list}${tail}`
        const result = set(source, ...targets)
        const before = (source.trim() === '' ? {} : parse(source)) ?? {}
        const names = new Map(existing.map((image) => [image.name, image]))
        for (const target of targets) names.set(target.name, target)
        const images = [...names.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
        assert.deepEqual(parse(result), { ...before, images })
        const comments = (text: string): number => text.match(/# /gu)?.length ?? 0
        const lost = targets.length * (3 * Math.sign(comment.length))
        assert.ok(comments(result) >= comments(source) - lost)
      },
    ),
    { numRuns: process.env['GANTRY_LONG'] === '1' ? 5000 : 300 },
  )
})
