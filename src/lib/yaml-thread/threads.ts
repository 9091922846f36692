import { Worker } from 'node:worker_threads'
import type { Clock } from '../../core/clock.ts'
import { GantryError } from '../../core/errors.ts'
import { fromFailure } from './failure.ts'
import type { Answers, Job, Reply } from './messages.ts'

export interface ThreadOptions {
  readonly clock: Clock
  /** Threads at a time; default 2, so that one long text does not hold up all others. */
  readonly maxThreads?: number | undefined
  /** Jobs that may wait for a thread; default 256. Manifests may take half of this and of the length. */
  readonly maxWaiting?: number | undefined
  /** All texts that wait together, in characters; default 64 million. */
  readonly maxWaitingLength?: number | undefined
  /** How long one job may take; default two minutes. */
  readonly deadlineMs?: number | undefined
  /** How long a thread without work is kept; default half a minute, but not after a text that took much memory. */
  readonly idleMs?: number | undefined
  /** What all objects of one thread may take; default 512 MiB. */
  readonly maxHeapMiB?: number | undefined
  /** Told of each thread that starts. */
  readonly onThread?: ((worker: Worker) => void) | undefined
}

/** After a text beyond this a thread ends, and gives its memory back. */
const heavyLength = 256 * 1024
/** Texts beyond this are done one after another. */
const hugeLength = 1024 * 1024

/** Threads that do jobs: started when there is work, kept for a while, never a reason for the process to stay. */
export interface Threads {
  run<T extends Job['type']>(
    job: Job & { readonly type: T },
    what: string,
    signal?: AbortSignal,
  ): Promise<Answers[T]>
  /** Jobs that are not done yet fail with Canceled. Doing it twice is doing it once. */
  close(): Promise<void>
}

interface Task {
  readonly job: Job
  /** How messages call the text. */
  readonly what: string
  succeed(answer: unknown): void
  fail(error: GantryError): void
}

interface Thread {
  readonly worker: Worker
  task: Task | undefined
  /** Stops the deadline of its job, or the end of its idling. */
  stopTimer: () => void
}

export function createThreads(options: ThreadOptions): Threads {
  const { clock, maxThreads = 2, maxWaiting = 256, maxWaitingLength = 64_000_000 } = options
  const { deadlineMs = 120_000, idleMs = 30_000, maxHeapMiB = 512, onThread } = options
  const threads = new Set<Thread>()
  const waiting = new Set<Task>()
  let waitingLength = 0
  let isClosed = false
  /** One thread is kept for what is done soon. */
  const maxHuge = Math.max(1, maxThreads - 1)

  const add = (task: Task): void => {
    waiting.add(task)
    waitingLength += task.job.source.length
  }
  const remove = (task: Task): void => {
    if (waiting.delete(task)) waitingLength -= task.job.source.length
  }

  const startWaiting = (): void => {
    for (const task of waiting) {
      if (isHuge(task) && [...threads].filter((each) => isHuge(each.task)).length >= maxHuge)
        continue
      const thread = [...threads].find((each) => each.task === undefined) ?? startThread()
      if (thread === undefined) return
      remove(task)
      begin(thread, task)
    }
  }

  const startThread = (): Thread | undefined => {
    if (threads.size >= maxThreads) return undefined
    const worker = new Worker(workerFile(), {
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMiB },
    })
    const thread: Thread = { worker, task: undefined, stopTimer: () => undefined }
    threads.add(thread)
    worker.on('message', (reply: Reply) => finish(thread, reply))
    worker.on('messageerror', (error) => end(thread, failed(thread, error)))
    worker.on('error', (error) => end(thread, failed(thread, error)))
    worker.on('exit', () => end(thread, failed(thread, undefined)))
    onThread?.(worker)
    return thread
  }

  const begin = (thread: Thread, task: Task): void => {
    thread.stopTimer()
    thread.task = task
    thread.stopTimer = clock.after(deadlineMs, () => {
      const message = `cannot read ${task.what}: it takes longer than ${deadlineMs / 1000} seconds; make it smaller`
      end(thread, new GantryError('Timeout', message))
    })
    // The process stays alive for what is under way, and only for that.
    thread.worker.ref()
    thread.worker.postMessage(task.job, [])
  }

  const finish = (thread: Thread, reply: Reply): void => {
    const { task } = thread
    if (task === undefined) return
    thread.stopTimer()
    thread.task = undefined
    thread.worker.unref()
    const keptMs = task.job.source.length > heavyLength ? 0 : idleMs
    thread.stopTimer = clock.after(keptMs, () => end(thread, undefined))
    if ('answer' in reply) task.succeed(reply.answer)
    else task.fail(fromFailure(reply.failure))
    startWaiting()
  }

  /** Its job fails; the next one gets another thread. */
  const end = (thread: Thread, error: GantryError | undefined): void => {
    if (!threads.delete(thread)) return
    thread.stopTimer()
    if (error !== undefined) thread.task?.fail(error)
    // What it may still say counts for nothing.
    thread.task = undefined
    void thread.worker.terminate()
    if (!isClosed) startWaiting()
  }

  const refuse = (job: Job, what: string): GantryError | undefined => {
    if (isClosed) return new GantryError('Canceled', `cannot read ${what}: shutting down`)
    // Callers send as many bodies as they like: what the server itself has to read must still find room.
    const share = job.type === 'readManifests' ? 0.5 : 1
    const isFull =
      waiting.size >= maxWaiting * share ||
      waitingLength + job.source.length > maxWaitingLength * share
    if (waiting.size === 0 || !isFull) return undefined
    const message = `cannot read ${what} now: ${waiting.size} other texts wait to be read; try again`
    return new GantryError('Unavailable', message)
  }

  return {
    run(job, what, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<Answers[typeof job.type]>()
      const onAbort = (): void => {
        const error = canceled(what, signal)
        const thread = [...threads].find((each) => each.task === task)
        if (thread !== undefined) return end(thread, error)
        remove(task)
        task.fail(error)
      }
      const task: Task = {
        job,
        what,
        succeed(answer) {
          signal?.removeEventListener('abort', onAbort)
          // The answer to that type of job: `jobs.ts` is typed to give no other.
          resolve(answer as Answers[typeof job.type])
        },
        fail(error) {
          signal?.removeEventListener('abort', onAbort)
          reject(error)
        },
      }
      const refusal = signal?.aborted ? canceled(what, signal) : refuse(job, what)
      if (refusal !== undefined) return Promise.reject(refusal)
      signal?.addEventListener('abort', onAbort)
      add(task)
      startWaiting()
      return promise
    },
    async close() {
      isClosed = true
      const workers = [...threads].map(({ worker }) => worker)
      for (const task of waiting)
        task.fail(new GantryError('Canceled', `cannot read ${task.what}: shutting down`))
      waiting.clear()
      for (const thread of threads)
        end(thread, new GantryError('Canceled', `cannot read ${thread.task?.what}: shutting down`))
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

function isHuge(task: Task | undefined): boolean {
  return task !== undefined && task.job.source.length > hugeLength
}

function canceled(what: string, signal: AbortSignal | undefined): GantryError {
  const { reason } = signal ?? {}
  if (reason instanceof GantryError) return reason
  return new GantryError('Canceled', `reading ${what} was canceled`, { cause: reason })
}

function failed({ task }: Thread, cause: unknown): GantryError {
  const what = `cannot read ${task?.what ?? 'the YAML'}`
  if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new GantryError('TooLarge', `${what}: it takes more memory than a text may take`)
  }
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  return new GantryError('Unavailable', `${what}: the thread that reads it ended${why}`, { cause })
}

/** The thread's program: beside this file in the repository, beside the bundle in what ships. */
function workerFile(): URL {
  const name = import.meta.url.endsWith('.ts') ? './worker.ts' : './yaml-worker.js'
  return new URL(name, import.meta.url)
}
