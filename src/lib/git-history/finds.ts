import type { JsonObject } from '../../core/json.ts'
import type { CommitFilter } from '../../core/selection/commit-filter.ts'
import type { PathRules } from '../../core/selection/path-rules.ts'
import type { RunGit } from './commit-record.ts'
import type { TagNaming } from './named-tags.ts'

/** What a git subscription says about the commits that it wants. */
export interface HistoryRules extends TagNaming {
  /** Empty: the default branch. */
  readonly branch: string
  /** RFC 3339: nothing committed before. */
  readonly since?: string | undefined
  readonly discoveryLimit: number
}

/** One look at the history of a repository. */
export interface HistoryLook {
  readonly rules: HistoryRules
  /** As `ls-remote` lists them. */
  readonly refs: ReadonlyMap<string, string>
  readonly paths: PathRules | undefined
  readonly filter: CommitFilter | undefined
  /** Works in a mirror in which these objects are. */
  inMirror<T>(wanted: readonly string[], work: (git: RunGit) => Promise<T>): Promise<T>
}

/** What a look found. */
export interface Finds {
  /** Best first, as `status.discoveredArtifacts.git[].commits` holds them. */
  readonly commits: readonly JsonObject[]
  /** The refs that it depends on: as long as these are the same, so are the commits. */
  readonly observed: JsonObject | undefined
  /** Stands for refs that are too many to be noted down; known to this process alone. */
  readonly mark?: string | undefined
}
