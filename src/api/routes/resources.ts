import { z } from 'zod'
import { projectsFirst, projectsLast, writeEach } from '../bulk.ts'
import { createObject, deleteObject, replaceObject } from '../bulk-writes.ts'
import { operation } from '../operation.ts'

const path = '/v1beta1/resources'
const tag = 'resources'
const body = { type: 'text', maxBytes: 4 * 1024 * 1024 } as const
const query = z.object({
  upsert: z.boolean().optional().describe('PUT: create what is not there'),
  strict: z
    .boolean()
    .optional()
    .describe('Unknown fields, wrong types and expressions with unknown names are errors'),
  dryRun: z.boolean().optional().describe('Admit, but write nothing'),
  skipUnknown: z.boolean().optional().describe('Documents of unknown kinds are warned of'),
  multiple: z.boolean().optional().describe('A result for each document, also for a single one'),
})

export const resourceOperations = [
  operation({
    method: 'POST',
    path,
    summary: 'Create the objects of a manifest.',
    tag,
    access: 'signed-in',
    body,
    query,
    answers: { status: 201 },
    handle: (call) => writeEach(call, 201, createObject, projectsFirst),
  }),
  operation({
    method: 'PUT',
    path,
    summary: 'Replace the objects of a manifest; with upsert also create them.',
    tag,
    access: 'signed-in',
    body,
    query,
    answers: { status: 200 },
    handle: (call) => writeEach(call, 200, replaceObject, projectsFirst),
  }),
  operation({
    method: 'DELETE',
    path,
    summary: 'Delete the objects of a manifest.',
    tag,
    access: 'signed-in',
    body,
    query,
    answers: { status: 200 },
    handle: (call) => writeEach(call, 200, deleteObject, projectsLast),
  }),
]
