/**
 * The remote of `discovery-noisy`, in a process of its own: a registry that allows each account so many requests, behind
 * a proxy that adds a round trip. Started with `fork`; told what to push and asked for its counts by messages.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { startDelayProxy } from '../../test/servers/delay-proxy.ts'
import { pushSampleImage, startRegistry } from '../../test/servers/registry.ts'
import { type AccountCounts, limitRequests } from './limited-registry.ts'

export interface LimitedRemote {
  /** As in `127.0.0.1:5000`, through the proxy. */
  readonly host: string
  /** Pushes an image under this tag to each of these repositories; resolves when all are there. */
  push(repositories: readonly string[], tag: string): Promise<void>
  /** Requests answered and refused so far, of this account. */
  counts(account: string): Promise<AccountCounts>
  close(): Promise<void>
}

interface Options {
  readonly allowed: number
  readonly roundTripMs: number
}

type Message =
  | { readonly type: 'push'; readonly repositories: readonly string[]; readonly tag: string }
  | { readonly type: 'counts'; readonly account: string }

export async function startLimitedRemote(options: Options): Promise<LimitedRemote> {
  const child = fork(import.meta.filename, [JSON.stringify(options)])
  const gone = Promise.withResolvers<never>()
  gone.promise.catch(() => undefined)
  child.once('exit', (code) => gone.reject(new Error(`the remote ended with code ${code}`)))
  const answer = async (): Promise<unknown> => {
    const [message] = await Promise.race([once(child, 'message'), gone.promise])
    return message
  }
  /** One message at a time: each is answered before the next is sent. */
  let turn: Promise<unknown> = answer()
  const ask = (message: Message): Promise<unknown> => {
    const asked = turn.then(() => {
      child.send(message)
      return answer()
    })
    turn = asked
    return asked
  }
  const host = String(await turn)
  return {
    host,
    async push(repositories, tag) {
      await ask({ type: 'push', repositories, tag })
    },
    // The child below answers with exactly these.
    counts: async (account) => (await ask({ type: 'counts', account })) as AccountCounts,
    async close() {
      child.disconnect()
      await gone.promise.catch(() => undefined)
    },
  }
}

async function serve({ allowed, roundTripMs }: Options): Promise<void> {
  const registry = await startRegistry()
  const limited = await limitRequests(Number(new URL(registry.url).port), allowed)
  const proxy = await startDelayProxy({ targetPort: limited.port, roundTripMs })
  const say = (message: unknown): void => void process.send?.(message)
  const answer = async (message: Message): Promise<unknown> => {
    if (message.type === 'counts')
      return limited.counts.get(message.account) ?? { answered: 0, refused: 0 }
    const { repositories, tag } = message
    await Promise.all(
      repositories.map((name) => pushSampleImage(registry, name, tag, { content: tag })),
    )
    return 'pushed'
  }
  process.on('message', (message: Message) => {
    // What fails ends the process, and so the benchmark.
    void answer(message).then(say)
  })
  process.once('disconnect', () => process.exit(0))
  say(`127.0.0.1:${proxy.port}`)
}

if (process.argv[1] === import.meta.filename) await serve(JSON.parse(process.argv[2] ?? '{}'))
