/** The thread that reads and edits YAML, so that the main loop never waits for a long text. One job at a time. */
import { type MessagePort, parentPort } from 'node:worker_threads'
import { toFailure } from './failure.ts'
import { doJob } from './jobs.ts'
import type { Job, Reply } from './messages.ts'

function start(port: MessagePort): void {
  const say = (reply: Reply): void => port.postMessage(reply, [])
  port.on('message', (job: Job) => {
    try {
      say({ answer: doJob(job) })
    } catch (thrown) {
      say({ failure: toFailure(thrown) })
    }
  })
}

// Whoever starts this thread posts jobs: `threads.ts`.
if (parentPort !== null) start(parentPort)
