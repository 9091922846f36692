import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Credential, CredentialLookup } from '../src/core/credential.ts'
import type { GitCapability } from '../src/core/git.ts'
import { silentLogger } from '../src/core/log.ts'
import { createAddressRules } from '../src/lib/address-rules.ts'
import { createExec, type ExecRequest } from '../src/lib/exec.ts'
import { createGitCapability } from '../src/lib/git/capability.ts'
import { createGit, type Git } from '../src/lib/git/git.ts'
import { createMirrors, type MirrorOptions, type Mirrors } from '../src/lib/git/mirrors.ts'
import { createHttp } from '../src/lib/http.ts'
import { systemClock } from '../src/lib/system-clock.ts'

export interface GitPartsOptions {
  /** Which credential a Project has for a URL; none by default. */
  readonly credentials?: (project: string, url: string) => Credential | undefined
  /** The same, by a look-up of its own. */
  readonly lookup?: CredentialLookup
  readonly allowLoopback?: boolean
  readonly mirrors?: Partial<MirrorOptions>
  /** When a transfer that stands still is given up. */
  readonly stallMs?: number
  readonly proxyFor?: (url: URL) => string | undefined
  readonly pushIntegration?: GitCapability['pushIntegration']
  readonly identity?: GitCapability['identity']
}

export interface GitParts {
  readonly folder: string
  readonly git: Git
  readonly mirrors: Mirrors
  readonly capability: GitCapability
  /** Every child that was started: its arguments and its environment. */
  readonly spawned: ExecRequest[]
}

/** The real git wrapper with mirrors in a temp folder, as `serve.ts` puts it together. */
export async function makeGitParts(
  t: TestContext,
  options: GitPartsOptions = {},
): Promise<GitParts> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-'))
  const spawned: ExecRequest[] = []
  const exec = createExec({ clock: systemClock })
  const addresses = createAddressRules({ allowLoopback: options.allowLoopback ?? true })
  const http = createHttp({ clock: systemClock, addresses })
  const git = createGit({
    exec: {
      run(request) {
        spawned.push(request)
        return exec.run(request)
      },
    },
    addresses,
    http,
    stallMs: options.stallMs,
    proxyFor: options.proxyFor,
    credentials: options.lookup ?? {
      find: ({ project, url }) => Promise.resolve(options.credentials?.(project, url)),
    },
    tempFolder: folder,
  })
  const mirrors = createMirrors({
    folder: join(folder, 'mirrors'),
    git,
    clock: systemClock,
    log: silentLogger,
    ...options.mirrors,
  })
  t.after(async () => {
    await mirrors.close()
    await http.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  })
  const capability = createGitCapability({
    git,
    mirrors,
    identity: options.identity ?? { name: 'Kargo', email: 'no-reply@kargo.io' },
    pushIntegration: options.pushIntegration ?? 'AlwaysRebase',
  })
  return { folder, git, mirrors, capability, spawned }
}
