/**
 * The thread that owns the database, so that the main loop never waits for a disk. Serves requests in order; writes
 * that are there together are committed together, and answered after the commit.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { describeFailure } from './failure.ts'
import type { Failure, ReadRequest, Reply, Request, WriteRequest } from './messages.ts'
import { openSession, type Session } from './session.ts'
import type { WorkerOptions } from './worker-options.ts'

/** Requests that share one commit at most. */
const maxGroup = 1000

function start(port: MessagePort, options: WorkerOptions): void {
  const say = (reply: Reply): void =>
    port.postMessage(reply, reply.type === 'batch' ? [reply.batch.packed.buffer] : [])
  const opened = openSession(options)
  if ('code' in opened) return say({ type: 'broken', failure: opened })
  say({ type: 'open', meta: opened.meta })

  let isBroken = false
  const breakDown = (failure: Failure): void => {
    if (!isBroken) say({ type: 'broken', failure })
    isBroken = true
  }
  const check = setInterval(() => {
    const lost = opened.checkFiles()
    if (lost !== undefined) breakDown(lost)
  }, options.checkEveryMs)

  /** After a failure nothing is answered any more: whoever waits was told by `broken`. */
  const serveGroup = (group: readonly Request[]): void => {
    if (isBroken) return
    try {
      const failure = serve(opened, group, say)
      if (failure !== undefined) breakDown(failure)
    } catch (thrown) {
      breakDown(describeFailure(thrown, options.path))
    }
  }

  port.on('message', (first: Request) => {
    let next: Request | undefined = first
    while (next !== undefined) {
      const group = takeGroup(port, next)
      serveGroup(group)
      const close = group.find(({ type }) => type === 'close')
      if (close !== undefined) {
        clearInterval(check)
        opened.close()
        say({ type: 'answers', answers: [{ id: close.id, answer: undefined }] })
        return port.close()
      }
      next = receive(port)
    }
  })
}

/** All writes of a group in one commit; then its reads, which so see nothing that is not durable. */
function serve(
  session: Session,
  group: readonly Request[],
  say: (reply: Reply) => void,
): Failure | undefined {
  const writes = group.filter(isWrite)
  if (writes.length > 0) {
    const answers = session.commit(writes)
    const lost = session.checkFiles()
    if (lost !== undefined) return lost
    say({ type: 'answers', answers })
  }
  for (const request of group.filter(isRead)) {
    const answer = session.read(request, {
      batch: (batch) => say({ type: 'batch', batch }),
      row: (row) => say({ type: 'row', row }),
    })
    say({ type: 'answers', answers: [answer] })
  }
  return undefined
}

/** The request and those that arrived behind it, up to a `close`. */
function takeGroup(port: MessagePort, first: Request): readonly Request[] {
  const group = [first]
  while (group.length < maxGroup && group.at(-1)?.type !== 'close') {
    const next = receive(port)
    if (next === undefined) break
    group.push(next)
  }
  return group
}

function receive(port: MessagePort): Request | undefined {
  // Only `database.ts` has the other end, and it posts requests.
  return receiveMessageOnPort(port)?.message as Request | undefined
}

function isWrite(request: Request): request is WriteRequest {
  return request.type !== 'close' && !isRead(request)
}

function isRead(request: Request): request is ReadRequest {
  return request.type === 'load' || request.type === 'range'
}

// Whoever starts this thread hands it these options: `database.ts`.
if (parentPort !== null) start(parentPort, workerData as WorkerOptions)
