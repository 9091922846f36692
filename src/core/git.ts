/** Git as plugins see it: mirrors to borrow objects from, and git itself, run with nothing of the machine's own setup. */

import type { RequestMeter } from './meter.ts'

export type PushIntegration =
  | 'AlwaysRebase'
  | 'RebaseOrMerge'
  | 'RebaseOrFail'
  | 'AlwaysMerge'
  | 'None'

export interface GitPerson {
  readonly name: string
  readonly email: string
}

export interface GitSigner {
  /** A private key as text: OpenSSH or PGP (armoured). */
  readonly key: string
}

/** What git steps need of the installation. */
export interface GitCapability {
  /**
   * Brings the mirror of a repository up to date and lends it. Objects are borrowed through alternates; `release` must
   * be called when the checkout is gone.
   */
  borrow(request: GitBorrow): Promise<GitLease>
  /** A repository as `run` can reach it: its credential is looked up, its address is not asked. */
  remote(request: GitRequest): Promise<GitRemote>
  /**
   * Runs git. Rejects when the exit code is not an expected one: with Unauthorized, Forbidden, NotFound, Unreachable or
   * RateLimited when a remote is to blame, Internal otherwise.
   */
  run(request: GitRun): Promise<GitOutput>
  /**
   * Puts a commit that was just pushed from a checkout into the repository's mirror, so that the next borrower need not
   * fetch it. Best effort: it never fails.
   */
  adopt(remote: GitRemote, checkoutGitDir: string, branch: string, commit: string): Promise<void>
  /** Runs one piece of work at a time per key, in the order of asking. */
  exclusive<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>
  /** Name, email and signing key for commits without an author of their own. */
  readonly identity: GitPerson & { readonly signer?: GitSigner | undefined }
  readonly pushIntegration: PushIntegration
}

export interface GitRequest {
  readonly project: string
  readonly repoURL: string
  readonly insecureSkipTLSVerify: boolean
  readonly signal: AbortSignal
  readonly meter?: RequestMeter | undefined
}

export interface GitBorrow extends GitRequest {
  /**
   * The object ids that must be in the mirror, chosen when the refs are known; absent: every branch and tag. An id that
   * the repository does not have is NotFound.
   */
  readonly wanted?: ((refs: GitRefs) => readonly string[]) | undefined
}

export interface GitRefs {
  /** As `ls-remote` lists them: full ref name (peeled tags end in `^{}`), also `HEAD`, to object id. */
  readonly refs: ReadonlyMap<string, string>
  /** The branch that HEAD stands for, without `refs/heads/`; undefined in an empty repository. */
  readonly defaultBranch: string | undefined
}

export interface GitLease extends GitRefs {
  /** The bare mirror. Read only. */
  readonly gitDir: string
  readonly remote: GitRemote
  release(): Promise<void>
}

/** Opaque to plugins: a cleaned address with what is needed to reach it. */
export interface GitRemote {
  /** Without user info. */
  readonly url: string
}

export interface GitRun {
  /** What follows `git`; the remote's address is spelled `remote.url`. */
  readonly args: readonly string[]
  readonly gitDir?: string | undefined
  readonly workTree?: string | undefined
  /** The one remote that this command may talk to; absent: none. */
  readonly remote?: GitRemote | undefined
  /** Configuration for this command alone. */
  readonly config?: Readonly<Record<string, string>> | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly input?: string | Uint8Array | undefined
  /** Commits that this command makes are signed, as of a time in epoch milliseconds. */
  readonly sign?: { readonly signer: GitSigner; readonly atMs: number } | undefined
  /** Exit codes that are answers; default only 0. */
  readonly exitCodes?: readonly number[] | undefined
  readonly timeoutMs?: number | undefined
  /** Of standard output; default 16 MiB. */
  readonly maxOutputBytes?: number | undefined
  readonly signal: AbortSignal
}

export interface GitOutput {
  readonly exitCode: number
  readonly stdout: string
  /** Redacted. */
  readonly stderr: string
}

/** One fetched copy of a git repository for everyone who may read it. */
export interface MirrorCapability {
  /** The remote's refs, as `ls-remote` lists them: full ref name (peeled entries end in `^{}`) to object id. */
  refs(request: MirrorRequest): Promise<ReadonlyMap<string, string>>
  /** The same, with the name of the default branch. */
  look(request: MirrorRequest): Promise<GitRefs>
  /** A mirror in which each of the wanted object ids is present; fetched only when one is missing. */
  open(request: MirrorOpening): Promise<MirrorLease>
}

export interface MirrorOpening extends MirrorRequest {
  readonly wanted: readonly string[]
  /**
   * The refs that this Project's own look has just answered with: the very map, which proves access. Then the remote is
   * not asked for them again.
   */
  readonly refs?: ReadonlyMap<string, string> | undefined
  /** What is to be read is history and names of files, never their content: a mirror without it will do. */
  readonly blobless?: boolean | undefined
}

export type MirrorRequest = GitRequest

export interface MirrorLease {
  readonly gitDir: string
  /**
   * Runs git in the mirror, reading only; resolves with standard output. Objects are named by their ids: what was read
   * once may be answered again without git.
   */
  git(
    args: readonly string[],
    options: {
      readonly signal: AbortSignal
      readonly maxOutputBytes?: number
      readonly input?: string | undefined
    },
  ): Promise<string>
  release(): Promise<void>
}
