import { fromTimestamp } from '../core/clock.ts'
import { GantryError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import { EventKind } from '../core/kinds/event.ts'
import type { Kind } from '../core/kinds/kind.ts'
import { NamespaceKind } from '../core/kinds/namespace.ts'
import { type Answer, type Call, ok } from './operation.ts'

const maxEvents = 500

/** When a Project's namespace was made, epoch milliseconds. What is older was about another Project of its name. */
export async function beginningOf(
  { parts }: Call,
  namespace: string | undefined,
): Promise<number | undefined> {
  if (namespace === undefined) return undefined
  const found = await parts.store.get(NamespaceKind, { name: namespace })
  return fromTimestamp(found?.metadata.creationTimestamp)
}

const subjects = ['Promotion', 'Freight', 'Stage', 'Warehouse', 'Project']

/** The Events of a Project (of all without one), newest first: the journal has them, not the store. */
export async function listEvents(call: Call, namespace: string | undefined): Promise<Answer> {
  const from = await beginningOf(call, namespace)
  const pages = await Promise.all(
    subjects.map((kind) =>
      call.parts.journal.range({
        kind: 'event',
        subjectPrefix: namespace === undefined ? `${kind}/` : `${kind}/${namespace}/`,
        from,
        order: 'desc',
        limit: maxEvents,
      }),
    ),
  )
  const records = pages.flatMap((page) => page.records).sort((a, b) => b.seq - a.seq)
  const items = records.slice(0, maxEvents).map((record) => record.payload)
  return ok({ apiVersion: EventKind.apiVersion, kind: 'EventList', metadata: {}, items })
}

/** One Event by its name, which begins with the name of what it is about. */
export async function getEvent(
  call: Call,
  namespace: string | undefined,
  name: string,
): Promise<Answer> {
  const about = name.slice(0, Math.max(0, name.lastIndexOf('.')))
  const place = namespace === undefined ? '' : `${namespace}/`
  const from = await beginningOf(call, namespace)
  for (const kind of subjects) {
    const subject = `${kind}/${place}${about}`
    const query = { kind: 'event', subject, from, order: 'desc', limit: maxEvents } as const
    const { records } = await call.parts.journal.range(query)
    for (const { payload } of records)
      if (isJsonObject(payload['metadata']) && payload['metadata']['name'] === name)
        return ok(payload)
  }
  throw new GantryError('NotFound', `Event ${JSON.stringify(`${place}${name}`)} not found`)
}

/** Events are history: they are read, and nothing else. Throws NotSupported. */
export function refuseEvents(kind: Kind, what: string): void {
  if (kind === EventKind) throw new GantryError('NotSupported', `events cannot be ${what}`)
}
