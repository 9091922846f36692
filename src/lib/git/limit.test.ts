import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { makeGitParts } from '../../../test/git-parts.ts'
import { startGitServer } from '../../../test/servers/git-server.ts'
import { createLimit } from './limit.ts'

test('so many at a time for a key, in the order of asking, whatever fails', async () => {
  const limit = createLimit(2)
  const began: string[] = []
  const ends = new Map<string, PromiseWithResolvers<void>>()
  const go = (name: string, key = 'k'): Promise<void> =>
    limit(key, () => {
      began.push(name)
      const end = Promise.withResolvers<void>()
      ends.set(name, end)
      return end.promise
    })
  const works = ['a', 'b', 'c', 'd'].map((name) => go(name))
  void go('other', 'another key')
  assert.deepEqual(began, ['a', 'b', 'other'])
  ends.get('b')?.reject(new Error('failed'))
  await assert.rejects(works[1] ?? Promise.resolve(), /failed/u)
  assert.deepEqual(began, ['a', 'b', 'other', 'c'])
  for (const name of ['a', 'c']) ends.get(name)?.resolve()
  await Promise.all([works[0], works[2]])
  ends.get('d')?.resolve()
  await works[3]
  // The key is free again as a whole.
  void go('e')
  void go('f')
  assert.deepEqual(began.slice(-3), ['d', 'e', 'f'])
})

test('fetches for looks take turns on a host, each with its own credential; a promotion waits for none', async (t) => {
  const accounts = ['a', 'b', 'c'].map((username) => ({
    username,
    password: `password-${username}`,
  }))
  const server = await startGitServer({ accounts })
  t.after(server.close)
  const repoURL = await server.createRepo('app', { f: '1' })
  const id = (await server.git('app', 'rev-parse', 'main')).trim()
  const { mirrors } = await makeGitParts(t, {
    mirrors: { maxFetchesPerHost: 1 },
    credentials: (username) => ({
      username,
      password: `password-${username}`,
      fingerprint: username,
    }),
  })
  const { signal } = new AbortController()
  const request = (project: string) => ({ project, repoURL, insecureSkipTLSVerify: false, signal })
  const held = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  server.inject({
    phase: 'rpc',
    action: {
      kind: 'meanwhile',
      act() {
        reached.resolve()
        return held.promise
      },
    },
  })
  const first = mirrors.open({ ...request('a'), wanted: [id] })
  await reached.promise
  let isSecondThere = false
  const second = mirrors.open({ ...request('b'), wanted: [id] }).then(() => {
    isSecondThere = true
  })
  // It is there long before the others.
  await (await mirrors.borrow(request('c'))).release()
  assert.equal(isSecondThere, false)
  const fetched = server.requests.filter(({ phase }) => phase === 'rpc').map(({ user }) => user)
  assert.deepEqual(fetched, ['a', 'c'])
  held.resolve()
  await Promise.all([first, second])
})

test('a look that waits for its host keeps no promotion from the same mirror, and no other mirror from the host', async (t) => {
  const server = await startGitServer()
  t.after(server.close)
  const { mirrors } = await makeGitParts(t, { mirrors: { maxFetchesPerHost: 2 } })
  const { signal } = new AbortController()
  const request = async (name: string) => {
    const repoURL = await server.createRepo(name, { f: name })
    const wanted = [(await server.git(name, 'rev-parse', 'main')).trim()]
    return { project: 'p', repoURL, insecureSkipTLSVerify: false, signal, wanted }
  }
  const held = Promise.withResolvers<void>()
  /** Begins a look whose fetch stands still until it is let go. */
  const hold = async (repo: string): Promise<Promise<unknown>[]> => {
    const reached = Promise.withResolvers<void>()
    const act = (): Promise<void> => {
      reached.resolve()
      return held.promise
    }
    server.inject({ repo, phase: 'rpc', action: { kind: 'meanwhile', act } })
    const asked = await request(repo)
    const first = mirrors.open(asked)
    await reached.promise
    // It waits for the same mirror, and so needs no slot yet.
    return [first, mirrors.open(asked)]
  }
  const looks = await hold('slow')
  await wait(200)
  await (await mirrors.open(await request('other'))).release()
  looks.push(...(await hold('slower')))

  const shared = await request('shared')
  let isThere = false
  const waiting = mirrors.open(shared).then(() => (isThere = true))
  await wait(200)
  await (await mirrors.borrow({ ...shared, wanted: () => shared.wanted })).release()
  assert.equal(isThere, false)
  held.resolve()
  await Promise.all([...looks, waiting])
})
