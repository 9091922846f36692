import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Clock } from '../src/core/clock.ts'
import { GantryError } from '../src/core/errors.ts'
import type { JsonObject } from '../src/core/json.ts'
import { silentLogger } from '../src/core/log.ts'
import { createAddressRules } from '../src/lib/address-rules.ts'
import { createHttp } from '../src/lib/http.ts'
import { systemClock } from '../src/lib/system-clock.ts'
import { createYaml } from '../src/lib/yaml-thread/yaml.ts'
import { createWorkspaces, type OwnedWorkspace } from '../src/lib/workspace.ts'
import type { FindResult, Step, StepCapabilities, StepContext, StepResult } from '../src/step.ts'
import { makeGitParts, type GitParts, type GitPartsOptions } from './git-parts.ts'

export interface StepBenchOptions extends GitPartsOptions {
  readonly clock?: Clock
  readonly pinnedAt?: number
  readonly promotion?: string
}

/** Runs steps as the engine does, over real parts, without an engine. */
export interface StepBench extends GitParts {
  readonly root: string
  /** What the last run of each alias saved. */
  readonly handles: Map<string, JsonObject>
  readonly said: string[]
  run(step: Step, config: unknown, more?: Partial<StepContext>): Promise<StepResult>
  find(step: Step, config: unknown, more?: Partial<StepContext>): Promise<FindResult>
  context(more?: Partial<StepContext>): StepContext & StepCapabilities
  /** A fresh workspace, as after a restart; handles are kept. */
  renew(): Promise<void>
}

export const pinned = Date.parse('2026-01-02T03:04:05Z')

export async function makeStepBench(
  t: TestContext,
  options: StepBenchOptions = {},
): Promise<StepBench> {
  const parts = await makeGitParts(t, options)
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-'))
  const workspaces = createWorkspaces({ folder })
  let owned: OwnedWorkspace = await workspaces.create('uid')
  const clock = options.clock ?? systemClock
  const http = createHttp({ clock, addresses: createAddressRules({ allowLoopback: true }) })
  const yaml = createYaml({ clock })
  t.after(async () => {
    await yaml.close()
    await owned.remove()
    await http.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  })
  const handles = new Map<string, JsonObject>()
  const said: string[] = []

  const context = (more: Partial<StepContext> = {}): StepContext & StepCapabilities => {
    const alias = more.alias ?? 'step-1'
    return {
      project: 'demo',
      stage: 'test',
      promotion: { name: options.promotion ?? 'test.01abc', uid: 'uid', actor: 'admin' },
      alias,
      previous: undefined,
      pinnedAt: options.pinnedAt ?? pinned,
      idempotencyKey: 'f00dfeedf00dfeedf00dfeedf00dfeed',
      replay: false,
      get handle() {
        return handles.get(alias)
      },
      save: (handle) => {
        if (more.replay !== true) handles.set(alias, handle)
        return Promise.resolve()
      },
      say: (line) => void said.push(line),
      fence: () =>
        more.replay === true
          ? Promise.reject(new GantryError('Internal', 'must not act in a replay'))
          : Promise.resolve(),
      workspace: owned.workspace,
      clock,
      log: silentLogger,
      signal: new AbortController().signal,
      credentials: { find: () => Promise.resolve(undefined) },
      http,
      git: parts.capability,
      yaml,
      ...more,
    }
  }

  return {
    ...parts,
    get root() {
      return owned.workspace.root
    },
    handles,
    said,
    context,
    run: (step, config, more) => step.run(context(more), config),
    find: (step, config, more) => {
      if (step.find === undefined) throw new Error(`${step.kind} cannot find`)
      return step.find(context(more), config)
    },
    async renew() {
      owned = await workspaces.create('uid')
    },
  }
}
