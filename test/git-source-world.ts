import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import type { JsonObject } from '../src/core/json.ts'
import type { Discovered } from '../src/source.ts'
import gitSource from '../src/sources/git.ts'
import { makeGitParts, type GitParts } from './git-parts.ts'
import { startGitServer, type GitServer } from './servers/git-server.ts'
import { createSourceContext } from './source-context.ts'

/** A commit as a look answers with it. */
export interface FoundCommit {
  id: string
  branch?: string
  tag?: string
  subject?: string
  creatorDate?: string
}

export interface GitSourceWorld extends GitParts {
  readonly server: GitServer
  readonly repoURL: string
  readonly repo: string
  /** Epoch seconds: each commit and tag is a minute after the last. */
  readonly clock: { seconds: number }
  /** Runs git in the working tree. */
  inTree(...args: readonly string[]): string
  /** Commits a change of the file and answers with its id. */
  commit(subject: string, path?: string): string
  tag(name: string, message?: string): void
  /** Discovers what the server holds now. */
  look(more?: JsonObject, previous?: Discovered): Promise<Discovered>
  /** Publishes everything and discovers. */
  discover(more?: JsonObject, previous?: Discovered): Promise<Discovered>
  commits(more?: JsonObject): Promise<FoundCommit[]>
  subjects(more?: JsonObject): Promise<(string | undefined)[]>
  tags(more: JsonObject): Promise<(string | undefined)[]>
}

/** A working tree, the server that it is pushed to, and the source looking at the server through real mirrors. */
export async function startGitSource(t: TestContext): Promise<GitSourceWorld> {
  const repo = await mkdtemp(join(tmpdir(), 'git-source-'))
  const server = await startGitServer()
  const url = await server.createRepo('app')
  const parts = await makeGitParts(t)
  const ctx = createSourceContext({ mirrors: parts.mirrors })
  t.after(async () => {
    await ctx.close()
    await server.close()
    await rm(repo, { recursive: true, force: true })
  })
  const clock = { seconds: 1_700_000_000 }
  const inTree = (...args: readonly string[]): string => {
    const date = `${clock.seconds} +0200`
    return execFileSync('git', ['-C', repo, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'Ada',
        GIT_AUTHOR_EMAIL: 'ada@example.com',
        GIT_COMMITTER_NAME: 'Carl',
        GIT_COMMITTER_EMAIL: 'carl@example.com',
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_DATE: date,
      },
    }).trim()
  }
  inTree('init', '--quiet', '--initial-branch=main')
  const look: GitSourceWorld['look'] = (more = {}, previous) =>
    gitSource.discover(ctx, { repoURL: url, ...more }, previous)
  const discover: GitSourceWorld['discover'] = async (more = {}, previous) => {
    if (inTree('for-each-ref') !== '')
      inTree('push', '--quiet', '--mirror', join(server.folder, 'app.git'))
    return look(more, previous)
  }
  const commits: GitSourceWorld['commits'] = async (more) => {
    const { list, entry } = await discover(more)
    assert.equal(list, 'git')
    return entry['commits'] as unknown as FoundCommit[]
  }
  return {
    ...parts,
    server,
    repoURL: url,
    repo,
    clock,
    inTree,
    commit(subject, path = 'file.txt') {
      clock.seconds += 60
      mkdirSync(dirname(join(repo, path)), { recursive: true })
      writeFileSync(join(repo, path), `${subject} ${clock.seconds}`)
      inTree('add', '--all')
      inTree('commit', '--quiet', '-m', subject)
      return inTree('rev-parse', 'HEAD')
    },
    tag(name, message) {
      clock.seconds += 60
      inTree('tag', ...(message === undefined ? [] : ['-a', '-m', message]), name)
    },
    look,
    discover,
    commits,
    subjects: async (more) => (await commits(more)).map(({ subject }) => subject),
    tags: async (more) => (await commits(more)).map((entry) => entry.tag),
  }
}
