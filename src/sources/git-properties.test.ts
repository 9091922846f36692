import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Discovered } from '../source.ts'
import { startGitSource, type FoundCommit } from '../../test/git-source-world.ts'

const runs = process.env['GANTRY_LONG'] === '1' ? 100 : 8

/** Few, and one begins like another: what is alike is what gets mixed up. */
const paths = ['a/f', 'a/b/f', 'ab/f', 'c/f'] as const
const anyPath = fc.constantFrom(...paths)
const newPath = fc.constantFrom('a/new', 'a/b/new', 'ab/new', 'c/new')
const anyRule = fc.constantFrom('a', 'a/b', 'ab', 'c', 'a/f')

/** What one commit does, on the main line or on a side branch that may be merged later. */
const change = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('edit' as const), path: anyPath }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), path: anyPath }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('rename' as const), path: anyPath, to: newPath }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('nothing' as const) }) },
)
const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ on: fc.constantFrom('main', 'side'), change }) },
  { weight: 1, arbitrary: fc.constant('merge' as const) },
)

type Tree = ReadonlyMap<string, string>
interface Commit {
  readonly mark: number
  readonly subject: string
  readonly tree: Tree
  /** Its first parent. */
  readonly parent: Commit | undefined
}

function changed(
  tree: Tree,
  what: typeof change extends fc.Arbitrary<infer T> ? T : never,
  n: number,
) {
  const next = new Map(tree)
  if (what.kind === 'edit') next.set(what.path, `content ${n}`)
  if (what.kind === 'remove') next.delete(what.path)
  if (what.kind === 'rename') {
    const content = next.get(what.path)
    if (content !== undefined) {
      next.delete(what.path)
      next.set(what.to, content)
    }
  }
  return next
}

/** The history as the model has it, and the script with which git makes the same one. */
function makeHistory(events: readonly (typeof event extends fc.Arbitrary<infer T> ? T : never)[]) {
  const script: string[] = []
  let count = 0
  const write = (
    branch: string,
    parent: Commit | undefined,
    tree: Tree,
    merged?: Commit,
  ): Commit => {
    count += 1
    const subject = `commit ${count}`
    script.push(
      `commit refs/heads/${branch}\nmark :${count}\n`,
      `committer C <c@example.com> ${1_700_000_000 + count * 60} +0000\n`,
      `data ${subject.length}\n${subject}\n`,
      parent === undefined ? '' : `from :${parent.mark}\n`,
      merged === undefined ? '' : `merge :${merged.mark}\n`,
      'deleteall\n',
      ...[...tree].map(
        ([path, content]) => `M 100644 inline ${path}\ndata ${content.length}\n${content}\n`,
      ),
      '\n',
    )
    return { mark: count, subject, tree, parent }
  }
  let main = write('main', undefined, new Map(paths.map((path) => [path, `first ${path}`])))
  let side: Commit | undefined
  let sides = 0
  for (const each of events) {
    if (each === 'merge') {
      if (side === undefined) continue
      // What the side branch has wins where both have something.
      main = write('main', main, new Map([...main.tree, ...side.tree]), side)
      side = undefined
    } else if (each.on === 'main') {
      main = write('main', main, changed(main.tree, each.change, count))
    } else {
      if (side === undefined) sides += 1
      const from: Commit = side ?? main
      side = write(`side${sides}`, from, changed(from.tree, each.change, count))
    }
  }
  return { head: main, script: script.join('') }
}

/** The same rules, read as plainly as can be. */
function naive(
  head: Commit,
  include: readonly string[],
  exclude: readonly string[],
  limit: number,
) {
  const isUnder = (path: string, base: string): boolean => `${path}/`.startsWith(`${base}/`)
  const found: string[] = []
  for (let at: Commit | undefined = head; at !== undefined; at = at.parent) {
    const before: Tree = at.parent?.tree ?? new Map()
    const { tree } = at
    const paths = [...new Set([...before.keys(), ...tree.keys()])].filter(
      (path) => before.get(path) !== tree.get(path),
    )
    const counts = paths.some(
      (path) =>
        (include.length === 0 || include.some((base) => isUnder(path, base))) &&
        !exclude.some((base) => isUnder(path, base)),
    )
    if (counts) found.push(at.subject)
  }
  return found.slice(0, limit)
}

const rules = fc
  .record({
    includePaths: fc.uniqueArray(anyRule, { maxLength: 2 }),
    excludePaths: fc.uniqueArray(anyRule, { maxLength: 2 }),
    discoveryLimit: fc.integer({ min: 1, max: 6 }),
  })
  .filter(({ includePaths, excludePaths }) => includePaths.length + excludePaths.length > 0)

test('path filters agree with a plain second implementation, over merges and renames, at once and after each push', async (t) => {
  const { server, look } = await startGitSource(t)
  let round = 0
  const events = fc.array(event, { minLength: 2, maxLength: 10 })
  const some = fc.array(rules, { minLength: 3, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(events, events, some, async (first, later, filters) => {
      round += 1
      const repo = `r${round}`
      const repoURL = await server.createRepo(repo)
      const previous = new Map<object, Discovered>()
      // The second time, what was found the first time is gone on from.
      for (const told of [first, [...first, ...later]]) {
        const { head, script } = makeHistory(told)
        await server.fastImport(repo, Buffer.from(script))
        for (const given of filters) {
          const { includePaths, excludePaths, discoveryLimit } = given
          const found = await look({ repoURL, branch: 'main', ...given }, previous.get(given))
          previous.set(given, found)
          const commits = found.entry['commits'] as unknown as FoundCommit[]
          assert.deepEqual(
            commits.map(({ subject }) => subject),
            naive(head, includePaths, excludePaths, discoveryLimit),
          )
        }
      }
    }),
    { numRuns: runs, endOnFailure: process.env['GANTRY_LONG'] !== '1' },
  )
})
