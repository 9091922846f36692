import { asGantryError, GantryError } from '../core/errors.ts'
import { type Kind, type KubeObject, refKey } from '../core/kinds/kind.ts'
import type { Store, WatchEvent } from '../store.ts'
import type { Call, ServerSentEvent } from './operation.ts'
import { toProblem } from './problem.ts'
import { viewOf } from './show.ts'

export interface WatchOptions<T extends KubeObject> {
  readonly namespace: string | undefined
  /** Looks at what never changes of an object: of those that it refuses nothing is told, ever. Default: all. */
  concerns?(object: T): boolean
  matches(object: T): boolean
}

/**
 * Kargo's watch: one `{type, object}` a change; what stops matching is DELETED, what begins to match is ADDED. It goes on
 * from `?resourceVersion=` or from the Last-Event-ID of a client that reconnects. Too old a version ends it with an
 * `error` event of code `out_of_range`, any other failure with one of its own code.
 * @throws GantryError BadRequest, at once, when the version is none
 */
export function watchEvents<T extends KubeObject>(
  call: Call,
  kind: Kind<T>,
  options: WatchOptions<T>,
): AsyncIterable<ServerSentEvent> {
  const resourceVersion = startOf(call)
  const stream = call.parts.store.watch(
    kind,
    { namespace: options.namespace, resourceVersion },
    call.signal,
  )
  return toEvents(call, kind, stream, options, resourceVersion !== undefined)
}

/** The version after which a client wants to go on; the newer answer of an EventSource wins over the address. */
function startOf(call: Call): string | undefined {
  const version = call.headers.get('last-event-id') || call.query.get('resourceVersion')
  if (!version) return undefined
  if (/^\d{1,15}$/.test(version)) return version
  throw new GantryError('BadRequest', `${JSON.stringify(version)} is not a resource version`, {
    field: 'resourceVersion',
  })
}

async function* toEvents<T extends KubeObject>(
  call: Call,
  kind: Kind<T>,
  stream: ReturnType<Store['watch']> & AsyncIterable<WatchEvent<T>>,
  { concerns = () => true, matches, namespace }: WatchOptions<T>,
  isResumed: boolean,
): AsyncGenerator<ServerSentEvent> {
  /** Whether the client has an object; what it had before it resumed is not known. */
  const held = new Map<string, boolean>()
  // Until everything there is was told, there is no version that a client could go on from.
  let isResumable = isResumed
  try {
    for await (const event of stream) {
      if (event.type === 'BOOKMARK') {
        isResumable = true
        yield { id: event.resourceVersion }
        continue
      }
      if (!concerns(event.object)) continue
      const key = refKey(event.object.metadata)
      const type = seenAs(event.type, matches(event.object), held.get(key), isResumed)
      if (event.type === 'DELETED') held.delete(key)
      else held.set(key, type === undefined ? false : type !== 'DELETED')
      if (type === undefined) continue
      // Asked for each change: a right may be gone by now.
      const object = (await viewOf(call, kind, namespace))(event.object)
      yield {
        ...(isResumable && { id: event.resourceVersion }),
        data: JSON.stringify({ type, object }),
      }
    }
  } catch (thrown) {
    yield failureEvent(call, thrown)
  }
}

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED'

/** What a change is to a client that sees only what matches; undefined when it is nothing. */
function seenAs(
  type: EventType,
  isMatch: boolean,
  isHeld: boolean | undefined,
  isResumed: boolean,
): EventType | undefined {
  const mayHold = isHeld ?? (isResumed && type !== 'ADDED')
  if (type === 'DELETED') return mayHold ? 'DELETED' : undefined
  if (!isMatch) return mayHold ? 'DELETED' : undefined
  return mayHold ? type : 'ADDED'
}

function failureEvent(call: Call, thrown: unknown): ServerSentEvent {
  const error = asGantryError(thrown)
  const { problem } = toProblem(error, call.parts.redactor)
  const code = error.code === 'Expired' ? 'out_of_range' : error.code
  return { event: 'error', data: JSON.stringify({ code, message: problem.error }) }
}
