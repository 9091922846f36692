import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sourceFiles } from './source-files.ts'

/** What parses a text while everything else waits. */
const parsers = new Set([
  'yaml',
  'src/lib/manifest-yaml.ts',
  'src/lib/yaml-edit/edit.ts',
  'src/lib/yaml-edit/images.ts',
  'src/lib/yaml-edit/read.ts',
])
/** The parsers themselves, the thread, commands, and the one reader whose pass can also end at once. */
const mayParse = /^src\/(?:cli\/|lib\/(?:yaml-|manifest-yaml\.ts$|helm-index\/read-index\.ts$))/

it('nothing that runs in the server parses YAML on the main loop: it goes through src/lib/yaml-thread', () => {
  const wrong = sourceFiles('src')
    .filter(({ path }) => !mayParse.test(path))
    .flatMap(({ path, imports }) =>
      imports
        .filter(({ to, isTypeOnly }) => !isTypeOnly && parsers.has(to))
        .map(({ to }) => `${path} imports ${to}`),
    )
  assert.deepEqual(wrong, [])
})
