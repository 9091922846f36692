import { ClusterConfigKind } from '../../core/kinds/cluster-config.ts'
import { ProjectConfigKind } from '../../core/kinds/project-config.ts'
import { type Call, operation, ok } from '../operation.ts'
import { listOrWatch } from '../watch.ts'
import { getOrThrow, param, refresh, remove } from './objects.ts'

const project = '/v1beta1/projects/:project/config'
const cluster = '/v1beta1/system/cluster-config'
const clusterRef = { name: 'cluster' }
const tag = 'config'

/** A ProjectConfig is named like its Project. */
function configRef(call: Call): { namespace: string; name: string } {
  return { namespace: param(call, 'project'), name: param(call, 'project') }
}

export const configOperations = [
  operation({
    method: 'GET',
    path: project,
    summary: "The Project's configuration.",
    tag,
    access: { verb: 'get', resource: 'projectconfigs', name: 'project' },
    answers: { status: 200, kind: 'ProjectConfig', watchable: true },
    handle: async (call) => {
      if (call.query.get('watch') === 'true') {
        return listOrWatch(call, ProjectConfigKind, { namespace: param(call, 'project') })
      }
      return ok(await getOrThrow(call, ProjectConfigKind, configRef(call)))
    },
  }),
  operation({
    method: 'DELETE',
    path: project,
    summary: "Delete the Project's configuration.",
    tag,
    access: { verb: 'delete', resource: 'projectconfigs', name: 'project' },
    answers: { status: 204 },
    handle: (call) => remove(call, ProjectConfigKind, configRef(call)),
  }),
  operation({
    method: 'POST',
    path: `${project}/refresh`,
    summary: 'Reconcile the configuration now.',
    tag,
    access: { verb: 'patch', resource: 'projectconfigs', name: 'project' },
    answers: { status: 200, kind: 'ProjectConfig' },
    handle: (call) => refresh(call, ProjectConfigKind, configRef(call)),
  }),
  operation({
    method: 'GET',
    path: cluster,
    summary: 'The configuration of the whole installation.',
    tag,
    access: { verb: 'get', resource: 'clusterconfigs' },
    answers: { status: 200, kind: 'ClusterConfig', watchable: true },
    handle: async (call) => {
      if (call.query.get('watch') === 'true') return listOrWatch(call, ClusterConfigKind)
      return ok(await getOrThrow(call, ClusterConfigKind, clusterRef))
    },
  }),
  operation({
    method: 'DELETE',
    path: cluster,
    summary: 'Delete the configuration of the whole installation.',
    tag,
    access: { verb: 'delete', resource: 'clusterconfigs' },
    answers: { status: 204 },
    handle: (call) => remove(call, ClusterConfigKind, clusterRef),
  }),
  operation({
    method: 'POST',
    path: `${cluster}/refresh`,
    summary: 'Reconcile the configuration now.',
    tag,
    access: { verb: 'patch', resource: 'clusterconfigs' },
    answers: { status: 200, kind: 'ClusterConfig' },
    handle: (call) => refresh(call, ClusterConfigKind, clusterRef),
  }),
]
