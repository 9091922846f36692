/** The git steps under the engine, over a real server, killed before and after each write of the record. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test, type TestContext } from 'node:test'
import type { PromotionStep } from '../../src/core/kinds/promotion-step.ts'
import { createYaml } from '../../src/lib/yaml-thread/yaml.ts'
import { systemClock } from '../../src/lib/system-clock.ts'
import copy from '../../src/steps/copy.ts'
import fileWrite from '../../src/steps/file-write.ts'
import gitClone from '../../src/steps/git-clone.ts'
import gitCommit from '../../src/steps/git-commit.ts'
import gitPush from '../../src/steps/git-push.ts'
import yamlUpdate from '../../src/steps/yaml-update.ts'
import { createBench, dyingRecords, never } from '../engine-kit.ts'
import { makeGitParts } from '../git-parts.ts'
import { startGitServer, type GitServer } from '../servers/git-server.ts'

interface Round {
  readonly server: GitServer
  readonly repo: string
  /** What the Promotion ended as. */
  readonly phase: string | undefined
  readonly message: string | undefined
  readonly name: string
}

/** Runs the steps once for each write at which they can be killed, and goes on in another process. */
async function killEverywhere(
  t: TestContext,
  steps: (url: string) => readonly PromotionStep[],
  check: (round: Round) => Promise<void>,
): Promise<number> {
  const server = await startGitServer()
  t.after(server.close)
  const { capability: git } = await makeGitParts(t)
  const yaml = createYaml({ clock: systemClock })
  t.after(() => yaml.close())
  const kinds = [copy, fileWrite, gitClone, gitCommit, gitPush, yamlUpdate]
  let rounds = 0
  for (const when of ['before', 'after'] as const)
    for (let at = 1; ; at++) {
      const repo = `${when}-${at}`
      const url = await server.createRepo(repo, { 'a.yaml': 'image: 1\n' })
      const bench = await createBench({ steps: steps(url), kinds })
      const capabilities = { ...bench.parts.capabilities, git, yaml }
      const dying = dyingRecords(bench.records, at, when)
      await bench
        .engine({ capabilities })
        .run(bench.promotion, dying, never())
        .catch(() => 'dead')
      const died = dying.died()
      if (died) {
        await rm(bench.folder, { recursive: true, force: true })
        await bench.engine({ capabilities }).run(bench.promotion, bench.records, never())
      }
      const { phase, message } = await bench.status()
      await check({ server, repo, phase, message, name: `${when} write ${at}` })
      rounds += 1
      if (!died) break
    }
  return rounds
}

test('a branch that a clone makes is made once wherever it is killed, and what is pushed to it comes once', async (t) => {
  const rounds = await killEverywhere(
    t,
    (repoURL) => [
      {
        uses: 'git-clone',
        config: {
          repoURL,
          checkout: [
            { path: './src', branch: 'main' },
            { path: './out', branch: 'env/test', create: true },
            { path: './other', branch: 'env/other', create: true },
          ],
        },
      },
      { uses: 'copy', config: { inPath: './src/a.yaml', outPath: './out/a.yaml' } },
      { uses: 'git-commit', config: { path: './out', message: 'deploy' } },
      { uses: 'git-push', config: { path: './out' } },
    ],
    async ({ server, repo, phase, message, name }) => {
      assert.equal(phase, 'Succeeded', `${name}: ${message}`)
      const subjects = async (branch: string): Promise<string[]> =>
        (await server.commits(repo, branch)).map(({ subject }) => subject)
      assert.deepEqual(await subjects('env/test'), ['deploy', 'Initial commit'], name)
      assert.deepEqual(await subjects('env/other'), ['Initial commit'], name)
      assert.equal(await server.readFile(repo, 'env/test', 'a.yaml'), 'image: 1\n', name)
    },
  )
  assert.ok(rounds >= 20, `${rounds} rounds`)
})
