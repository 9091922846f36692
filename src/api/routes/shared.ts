import { AnalysisRunKind } from '../../core/kinds/analysis-run.ts'
import { AnalysisTemplateKind } from '../../core/kinds/analysis-template.ts'
import { ClusterAnalysisTemplateKind } from '../../core/kinds/cluster-analysis-template.ts'
import { ClusterPromotionTaskKind } from '../../core/kinds/cluster-promotion-task.ts'
import type { Kind, KubeObject } from '../../core/kinds/kind.ts'
import { PromotionTaskKind } from '../../core/kinds/promotion-task.ts'
import { type Operation, operation, ok } from '../operation.ts'
import { listOrWatch } from '../watch.ts'
import { getOrThrow, param, remove } from './objects.ts'

interface Readable {
  readonly kind: Kind
  readonly path: string
  readonly tag: string
  readonly list: boolean
  readonly delete: boolean
}

/** Kinds that the API only reads and deletes; they are written through `/resources`. */
const readables: readonly Readable[] = [
  {
    kind: PromotionTaskKind,
    path: '/v1beta1/projects/:project/promotion-tasks',
    tag: 'promotions',
    list: true,
    delete: false,
  },
  {
    kind: ClusterPromotionTaskKind,
    path: '/v1beta1/shared/cluster-promotion-tasks',
    tag: 'shared',
    list: true,
    delete: false,
  },
  {
    kind: AnalysisTemplateKind,
    path: '/v1beta1/projects/:project/analysis-templates',
    tag: 'verification',
    list: true,
    delete: true,
  },
  {
    kind: ClusterAnalysisTemplateKind,
    path: '/v1beta1/shared/cluster-analysis-templates',
    tag: 'shared',
    list: true,
    delete: true,
  },
  {
    kind: AnalysisRunKind,
    path: '/v1beta1/projects/:project/analysis-runs',
    tag: 'verification',
    list: true,
    delete: true,
  },
]

export const sharedOperations: readonly Operation[] = readables.flatMap((readable) => {
  const { kind, path, tag } = readable
  const refOf = (
    call: Parameters<Operation['handle']>[0],
  ): { namespace?: string; name: string } => ({
    ...(kind.namespaced && { namespace: param(call, 'project') }),
    name: param(call, 'name'),
  })
  const access = { group: kind.group, resource: kind.plural }
  const one = operation({
    method: 'GET',
    path: `${path}/:name`,
    summary: `One ${kind.kind}.`,
    tag,
    access: { verb: 'get', ...access, name: 'name' },
    answers: { status: 200, kind: kind.kind },
    handle: async (call) => ok(await getOrThrow<KubeObject>(call, kind, refOf(call))),
  })
  const list = operation({
    method: 'GET',
    path,
    summary: `Every ${kind.kind}.`,
    tag,
    access: { verb: 'list', ...access },
    answers: { status: 200, kind: `${kind.kind}List` },
    handle: (call) =>
      listOrWatch(call, kind, kind.namespaced ? { namespace: param(call, 'project') } : {}),
  })
  const erase = operation({
    method: 'DELETE',
    path: `${path}/:name`,
    summary: `Delete one ${kind.kind}.`,
    tag,
    access: { verb: 'delete', ...access, name: 'name' },
    answers: { status: 204 },
    handle: (call) => remove(call, kind, refOf(call)),
  })
  return [one, ...(readable.list ? [list] : []), ...(readable.delete ? [erase] : [])]
})
