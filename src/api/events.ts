import { EventKind } from '../core/kinds/event.ts'
import { type Answer, type Call, ok } from './operation.ts'

const maxEvents = 500
const subjects = ['Promotion', 'Freight', 'Stage', 'Warehouse', 'Project']

/** The Events of a Project (of all without one), newest first: the journal has them, not the store. */
export async function listEvents(call: Call, namespace: string | undefined): Promise<Answer> {
  const pages = await Promise.all(
    subjects.map((kind) =>
      call.parts.journal.range({
        kind: 'event',
        subjectPrefix: namespace === undefined ? `${kind}/` : `${kind}/${namespace}/`,
        order: 'desc',
        limit: maxEvents,
      }),
    ),
  )
  const records = pages.flatMap((page) => page.records).sort((a, b) => b.seq - a.seq)
  const items = records.slice(0, maxEvents).map((record) => record.payload)
  return ok({ apiVersion: EventKind.apiVersion, kind: 'EventList', metadata: {}, items })
}
