import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Import, type SourceFile, sourceFiles } from './source-files.ts'

const files = sourceFiles('src', 'ui')
const byPath = new Map(files.map((file) => [file.path, file]))

/** The contracts of the product: `src/step.ts` and its like. */
const seams = new Map(
  [
    ['step', 'steps'],
    ['source', 'sources'],
    ['metric', 'metrics'],
    ['host', 'hosts'],
    ['agent', 'agents'],
    ['credential', 'credentials'],
    ['receiver', 'receivers'],
    ['store', 'stores'],
    ['journal', 'journals'],
  ].map(([seam = '', folder = '']) => [folder, `src/${seam}.ts`]),
)
const seamFiles = new Set(seams.values())

/** Where a file belongs: `core`, `lib`, `seam`, `runtime`, ..., a plugin folder, or `composition`. */
function layerOf(path: string): string {
  if (seamFiles.has(path)) return 'seam'
  const [top = '', folder = ''] = path.split('/')
  if (top === 'ui') return 'ui'
  if (path.split('/').length === 2 || folder === 'serve') return 'composition'
  return folder
}

/** What each layer may import besides itself. A `type:` entry may only be imported as a type. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  // What stores and journals share lives in lib, and speaks their contracts' language.
  lib: ['core', 'type:seam', 'src/journal.ts'],
  seam: ['core', 'seam'],
  runtime: ['core', 'src/store.ts', 'src/journal.ts'],
  engine: ['core', 'lib', 'seam'],
  controllers: ['core', 'lib', 'seam', 'runtime', 'engine'],
  api: ['core', 'lib', 'seam'],
  cli: ['core', 'lib', 'type:api'],
  ui: ['type:core', 'type:api', 'src/core/policy', 'src/core/kinds/labels.ts'],
}

function isAllowed(file: SourceFile, { to, isTypeOnly }: Import): boolean {
  const from = layerOf(file.path)
  const target = layerOf(to)
  if (from === 'composition') return true
  // A plugin folder: its seam, core and lib; of its own folder nothing.
  if (seams.has(from))
    return (
      to === seams.get(from) ||
      target === 'core' ||
      target === 'lib' ||
      (target === 'seam' && isTypeOnly)
    )
  if (from === 'controllers' && target === 'controllers') return sameController(file.path, to)
  if (from === target) return true
  return (mayImport[from] ?? []).some((entry) => {
    const name = entry.replace(/^type:/, '')
    const matches = name.includes('/') ? to === name || to.startsWith(`${name}/`) : target === name
    return matches && (isTypeOnly || !entry.startsWith('type:'))
  })
}

/** One folder is one controller; files beside the folders are shared by all. */
function sameController(from: string, to: string): boolean {
  const folder = (path: string): string => path.split('/').slice(0, -1).join('/')
  return to.split('/').length === 3 || folder(to).startsWith(from.split('/').slice(0, 3).join('/'))
}

/** Packages that a file pulls in when it is loaded, through whatever it imports. */
function packagesBehind(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return new Set()
  seen.add(path)
  const found = new Set<string>()
  for (const { to, isTypeOnly } of byPath.get(path)?.imports ?? []) {
    if (isTypeOnly) continue
    if (!to.startsWith('src/') && !to.startsWith('ui/')) found.add(to)
    else for (const name of packagesBehind(to, seen)) found.add(name)
  }
  return found
}

describe('the layers', () => {
  it('import only what the design lets them', () => {
    const wrong = files.flatMap((file) =>
      file.imports
        .filter(({ to }) => to.startsWith('src/') || to.startsWith('ui/'))
        .filter((each) => !isAllowed(file, each))
        .map(({ to }) => `${file.path} -> ${to}`),
    )
    assert.deepEqual(wrong, [])
  })

  it('core is pure: nothing of the platform, and zod only where kinds are described', () => {
    const wrong = files
      .filter(({ path }) => path.startsWith('src/core/'))
      .flatMap((file) =>
        file.imports
          .filter(({ to, isTypeOnly }) => {
            if (to.startsWith('node:')) return true
            return to === 'zod' && !isTypeOnly && !file.path.startsWith('src/core/kinds/')
          })
          .map(({ to }) => `${file.path} -> ${to}`),
      )
    assert.deepEqual(wrong, [])
  })

  it('the policy is free of zod, so that the page can use it', () => {
    const wrong = files
      .filter(({ path }) => path.startsWith('src/core/policy/'))
      .filter(({ path }) => packagesBehind(path).has('zod'))
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    )
  })

  it('the page pulls in neither zod nor re2js', () => {
    const wrong = files
      .filter(({ path }) => path.startsWith('ui/'))
      .filter(({ path }) => {
        const packages = packagesBehind(path)
        return packages.has('zod') || packages.has('re2js')
      })
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    )
  })

  it('in the page, pages know components, components the API, all of them the kit, and never the other way', () => {
    const order = ['kit', 'api', 'components', 'pages']
    const rankOf = (path: string): number => {
      const [, folder = '', file] = path.split('/')
      return file === undefined ? order.length : order.indexOf(folder)
    }
    const wrong = files
      .filter(({ path }) => rankOf(path) >= 0)
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ to }) => to.startsWith('ui/') && rankOf(to) > rankOf(path))
          .map(({ to }) => `${path} -> ${to}`),
      )
    assert.deepEqual(wrong, [])
  })

  it('nothing below the composition knows the generated list of plugins', () => {
    const wrong = files
      .filter(({ path }) => layerOf(path) !== 'composition')
      .filter(({ imports }) => imports.some(({ to }) => to.endsWith('.gen.ts')))
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    )
  })
})
