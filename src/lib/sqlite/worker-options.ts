/** What the thread is started with. */
export interface WorkerOptions {
  readonly path: string
  /** RFC 3339, for whoever finds the database locked. */
  readonly startedAt: string
  /** How often to look whether the files are still there while nothing is written. */
  readonly checkEveryMs: number
  /** How long to wait for a lock that another process is just giving up. */
  readonly lockTimeoutMs: number
  /** The database may not grow beyond this many pages of 2 KiB. */
  readonly maxPages: number | undefined
}
