import { z } from 'zod'
import { type Project, ProjectKind } from '../../core/kinds/project.ts'
import { isReadableProject } from '../access.ts'
import { listEvents } from '../events.ts'
import { type Call, operation, ok } from '../operation.ts'
import { countIn } from '../query.ts'
import { listAll } from '../watch.ts'
import { getOrThrow, param, remove } from './objects.ts'

const tag = 'projects'
const item = '/v1beta1/projects/:project'

const ProjectsQuery = z.object({
  filter: z.string().optional().describe('Case-insensitive part of the name'),
  mine: z.boolean().optional(),
  uid: z.array(z.string()).optional(),
  page: z.number().optional().describe('0-based'),
  pageSize: z.number().optional(),
})

export const projectOperations = [
  operation({
    method: 'GET',
    path: '/v1beta1/projects',
    summary: 'The Projects that the caller may read, by name.',
    tag,
    access: 'signed-in',
    query: ProjectsQuery,
    answers: { status: 200 },
    handle: async (call) => {
      const pageSize = countIn(call, 'pageSize') ?? 0
      const start = pageSize * (countIn(call, 'page') ?? 0)
      const projects = await visibleProjects(call)
      const items = pageSize > 0 ? projects.slice(start, start + pageSize) : projects
      return ok({ items, total: projects.length })
    },
  }),
  operation({
    method: 'GET',
    path: item,
    summary: 'One Project.',
    tag,
    access: 'project-reader',
    answers: { status: 200, kind: 'Project' },
    handle: async (call) =>
      ok(await getOrThrow(call, ProjectKind, { name: param(call, 'project') })),
  }),
  operation({
    method: 'DELETE',
    path: item,
    summary: 'Delete a Project and everything in it.',
    tag,
    access: { verb: 'delete', resource: 'projects', name: 'project' },
    answers: { status: 204 },
    handle: (call) => remove(call, ProjectKind, { name: param(call, 'project') }),
  }),
  operation({
    method: 'GET',
    path: `${item}/events`,
    summary: "The Project's Events, newest first.",
    tag,
    access: { verb: 'list', group: '', resource: 'events' },
    answers: { status: 200, kind: 'EventList' },
    handle: (call) => listEvents(call, param(call, 'project')),
  }),
]

async function visibleProjects(call: Call): Promise<readonly Project[]> {
  const filter = call.query.get('filter')?.toLowerCase() ?? ''
  const uids = call.query.getAll('uid')
  const all = await listAll(call.parts.store, ProjectKind)
  const wanted = all.filter(
    ({ metadata }) =>
      metadata.name.toLowerCase().includes(filter) &&
      (uids.length === 0 || uids.includes(metadata.uid ?? '')),
  )
  const readable = await Promise.all(
    wanted.map(async (project) => isReadableProject(call.parts, call.actor, project.metadata.name)),
  )
  return wanted.filter((_, index) => readable[index])
}
