import { Worker } from 'node:worker_threads'
import { type Clock, toTimestamp } from '../../core/clock.ts'
import { GantryError } from '../../core/errors.ts'
import type { JournalKind, JournalQuery } from '../../journal.ts'
import type { NewStoredRecord } from '../journal/record.ts'
import type { Mutation } from '../object-table/persistence.ts'
import type { TakeObjects } from './session.ts'
import type { Answers, Reply, Request } from './messages.ts'
import type { WorkerOptions } from './worker-options.ts'

export interface OpenOptions {
  /** The database file; its folder exists. */
  readonly path: string
  readonly clock: Clock
  /** How often to look whether the file is still there while nothing is written; default 2 s. */
  readonly checkEveryMs?: number | undefined
  /** How long to wait for a lock that another process is just giving up; default 1 s. */
  readonly lockTimeoutMs?: number | undefined
  /** The database may not grow beyond this many pages of 2 KiB: then it is as if the disk were full. */
  readonly maxPages?: number | undefined
}

/** A SQLite database that a thread of its own holds open, alone, until `close`. Every write resolves when it is durable. */
export interface Database {
  readonly path: string
  /** Facts about the database, as they were when it was opened. */
  readonly meta: Readonly<Record<string, string>>
  setMeta(name: string, value: string): Promise<void>
  /** Hands out every stored object; resolves with the last version given out, or rejects with what `take` threw. */
  loadObjects(take: TakeObjects): Promise<number>
  commit(mutation: Mutation): Promise<void>
  append(records: readonly NewStoredRecord[]): Promise<readonly number[]>
  range(query: JournalQuery): Promise<Answers['range']>
  /** One piece of a pruning; `next` says where the following one goes on. */
  prune(kind: JournalKind, before: number, after: number): Promise<Answers['prune']>
  /** Resolves with the reason when the database can no longer be used. Never resolves otherwise. */
  readonly broken: Promise<Error>
  /** Waits for what is under way. Doing it twice is doing it once. */
  close(): Promise<void>
}

interface Waiting {
  resolve(answer: unknown): void
  reject(error: Error): void
}

/** A request as its caller gives it: the number is added when it is sent. */
type Unsent<R> = R extends Request ? Omit<R, 'id'> : never

/**
 * Opens (and creates) a database, and keeps every other process out of it.
 * @throws GantryError Unavailable (in use, damaged, full or unreachable disk), NotSupported (a newer schema)
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const { path, clock, checkEveryMs = 2000, lockTimeoutMs = 1000, maxPages } = options
  const startedAt = toTimestamp(clock.now())
  const workerData: WorkerOptions = { path, startedAt, checkEveryMs, lockTimeoutMs, maxPages }
  const worker = new Worker(workerFile(), { workerData })
  const opened = Promise.withResolvers<Readonly<Record<string, string>>>()
  const broken = Promise.withResolvers<Error>()
  const waiting = new Map<number, Waiting>()
  let takeObjects: ((reply: Extract<Reply, { type: 'batch' | 'row' }>) => void) | undefined
  let failure: Error | undefined
  let hasExited = false
  let lastId = 0
  let closed: Promise<void> | undefined

  const breakDown = (error: GantryError): void => {
    if (failure !== undefined) return
    failure = error
    opened.reject(error)
    broken.resolve(error)
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
    worker.unref()
  }

  worker.on('message', (reply: Reply) => {
    switch (reply.type) {
      case 'open':
        return opened.resolve(reply.meta)
      case 'batch':
      case 'row':
        return takeObjects?.(reply)
      case 'answers':
        for (const { id, answer } of reply.answers) {
          waiting.get(id)?.resolve(answer)
          waiting.delete(id)
        }
        if (waiting.size === 0) worker.unref()
        return undefined
      case 'broken':
        return breakDown(new GantryError(reply.failure.code, reply.failure.message))
    }
  })
  worker.on('error', (error) => breakDown(ended(path, error)))
  worker.on('exit', () => {
    hasExited = true
    if (closed === undefined) breakDown(ended(path, undefined))
    for (const { reject } of waiting.values()) reject(ended(path, undefined))
  })

  /** Sends a request. What comes back is the answer to that type of request: `worker.ts` is typed to give no other. */
  const ask = <T extends Request['type']>(
    request: Unsent<Request> & { readonly type: T },
  ): Promise<Answers[T]> =>
    new Promise((resolve, reject) => {
      if (failure !== undefined) return reject(failure)
      if (closed !== undefined) return reject(new GantryError('Unavailable', `${path} is closed`))
      send(request, { resolve: (answer) => resolve(answer as Answers[T]), reject })
    })

  const send = (request: Unsent<Request>, waiter: Waiting): void => {
    lastId += 1
    waiting.set(lastId, waiter)
    // The process stays alive for what is under way, and only for that.
    worker.ref()
    worker.postMessage({ ...request, id: lastId }, [])
  }

  /** Answered also after a failure: then the thread only lets go of the file. */
  const closeOnce = async (): Promise<void> => {
    if (!hasExited)
      await new Promise<unknown>((resolve) => send({ type: 'close' }, { resolve, reject: resolve }))
    await worker.terminate()
  }

  const meta = await opened.promise
  worker.unref()
  return {
    path,
    meta,
    setMeta: (name, value) => ask({ type: 'setMeta', name, value }),
    async loadObjects(take) {
      let refusal: unknown
      takeObjects = (reply) => {
        if (refusal !== undefined) return
        try {
          if (reply.type === 'batch') take.batch(reply.batch)
          else take.row(reply.row)
        } catch (thrown) {
          refusal = thrown
        }
      }
      const { lastSeq } = await ask({ type: 'load' })
      takeObjects = undefined
      if (refusal !== undefined) throw refusal
      return lastSeq
    },
    commit: (mutation) => ask({ type: 'commit', mutation }),
    append: (records) => ask({ type: 'append', records }),
    range: (query) => ask({ type: 'range', query }),
    prune: (kind, before, after) => ask({ type: 'prune', kind, before, after }),
    broken: broken.promise,
    close: () => (closed ??= closeOnce()),
  }
}

function ended(path: string, cause: unknown): GantryError {
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  return new GantryError('Unavailable', `the thread that keeps ${path} ended${why}`, { cause })
}

/** The thread's program: beside this file in the repository, beside the bundle in what ships. */
function workerFile(): URL {
  const name = import.meta.url.endsWith('.ts') ? './worker.ts' : './sqlite-worker.js'
  return new URL(name, import.meta.url)
}
