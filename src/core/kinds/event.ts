import { z } from 'zod'
import { defineKind } from './kind.ts'
import { CoreApiVersion, JsonMap, Metadata, Timestamp } from './shared.ts'

export const ObjectReference = z.object({
  apiVersion: z.string().optional().describe('Group and version of the object.'),
  kind: z.string().optional().describe('Kind of the object.'),
  namespace: z.string().optional().describe('Namespace of the object.'),
  name: z.string().optional().describe('Name of the object.'),
  uid: z.string().optional().describe('UID of the object.'),
  resourceVersion: z.string().optional().describe('Version of the object.'),
  fieldPath: z.string().optional().describe('Part of the object.'),
})
export type ObjectReference = z.infer<typeof ObjectReference>

export const Event = z.object({
  apiVersion: CoreApiVersion,
  kind: z.literal('Event').describe('The kind.'),
  metadata: Metadata.describe(
    'Annotations below `event.kargo.akuity.io/` say what happened to what.',
  ),
  involvedObject: ObjectReference.describe('What the event is about.'),
  reason: z.string().optional().describe('What happened, as one CamelCase word.'),
  message: z.string().optional().describe('What happened, as a sentence.'),
  type: z.string().optional().describe('Normal or Warning.'),
  source: z
    .object({
      component: z.string().optional().describe('Who saw it.'),
      host: z.string().optional().describe('Where.'),
    })
    .optional()
    .describe('Where the event comes from.'),
  firstTimestamp: Timestamp.optional().describe('When it first happened.'),
  lastTimestamp: Timestamp.optional().describe('When it last happened.'),
  eventTime: Timestamp.optional().describe('When it happened.'),
  count: z.int().optional().describe('How often.'),
  action: z.string().optional().describe('What was done.'),
  related: ObjectReference.optional().describe('Another object it is about.'),
  reportingComponent: z.string().optional().describe('Who reports it.'),
  reportingInstance: z.string().optional().describe('Which instance of it.'),
  series: JsonMap.optional().describe('Accepted and not interpreted.'),
})
export type Event = z.infer<typeof Event>

export const EventKind = defineKind<Event>({
  kind: 'Event',
  group: '',
  version: 'v1',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  hasStatus: false,
  summary: 'Something that happened. Served from the journal; never stored as an object.',
  schema: Event,
  columns: [
    { name: 'Last Seen', type: 'date', value: (event) => event.lastTimestamp },
    { name: 'Type', value: (event) => event.type },
    { name: 'Reason', value: (event) => event.reason },
    {
      name: 'Object',
      value: (event) => `${event.involvedObject.kind ?? ''}/${event.involvedObject.name ?? ''}`,
    },
    { name: 'Message', value: (event) => event.message },
  ],
})
