import { z } from 'zod'
import { GantryError } from '../../core/errors.ts'
import { ClusterPromotionTaskKind } from '../../core/kinds/cluster-promotion-task.ts'
import { PromotionTaskKind } from '../../core/kinds/promotion-task.ts'
import { SecretKind } from '../../core/kinds/secret.ts'
import { StageKind } from '../../core/kinds/stage.ts'
import { WarehouseKind } from '../../core/kinds/warehouse.ts'
import { isJsonObject } from '../../core/json.ts'
import {
  groupUses,
  type RepositoryUse,
  type StepsOwner,
  useOf,
  usesOfSteps,
} from '../../core/policy/repository-uses.ts'
import { isListable } from '../access.ts'
import { withoutShared } from '../credential-report-view.ts'
import { type Call, operation, ok } from '../operation.ts'
import { param } from './objects.ts'

const CheckBody = z.object({
  url: z.string().min(1).max(2048).optional().describe('Only this address'),
  type: z.enum(['git', 'image', 'helm']).optional().describe('What the address is; default git'),
})

export const credentialCheckOperations = [
  operation({
    method: 'POST',
    path: '/v1beta1/gantry/projects/:project/check-credentials',
    summary:
      'Try the credentials of a Project on every address that it works with, or on one. Shows no secret values.',
    tag: 'gantry',
    access: { verb: 'list', group: '', resource: 'secrets' },
    body: { type: 'json', schema: CheckBody, maxBytes: 8192, optional: true },
    answers: { status: 200 },
    handle: async (call) => {
      const project = param(call, 'project')
      const body = CheckBody.safeParse(call.body ?? {})
      if (!body.success) throw new GantryError('BadRequest', 'the body must be {url?, type?}')
      const { url, type } = body.data
      if (url !== undefined) await refuseForeign(call, project)
      const { uses, unknown } =
        url === undefined
          ? await usesOf(call, project)
          : {
              uses: [{ type: type ?? 'git', url, by: 'asked for', insecureSkipTLSVerify: false }],
              unknown: [],
            }
      const addresses = groupUses(uses).filter((use) => type === undefined || use.type === type)
      const { signal } = call
      const report = await call.parts.checkCredentials({ project, addresses, unknown, signal })
      const { shared } = call.parts.namespaces
      const seesShared = await isListable(call.parts, call.actor, SecretKind, shared)
      return ok(seesShared ? report : withoutShared(report, shared))
    },
  }),
]

/** Whoever may make a Warehouse can have any address read with the Project's credentials; nobody else by a check. */
async function refuseForeign({ parts, actor }: Call, project: string): Promise<void> {
  const { group, plural: resource } = WarehouseKind
  const request = { verb: 'create', group, resource, namespace: project }
  if (actor.superuser || (await parts.authorize(actor, request))) return
  throw new GantryError(
    'Forbidden',
    `${actor.id} may not create warehouses in project ${project}, so not try addresses that are not in use there`,
    { field: 'url' },
  )
}

/** Every address that the Project's Warehouses and Stages name. */
async function usesOf(
  { parts }: Call,
  project: string,
): Promise<{ uses: readonly RepositoryUse[]; unknown: readonly string[] }> {
  const { store } = parts
  const inProject = { namespace: project }
  const [warehouses, stages, tasks, clusterTasks] = await Promise.all([
    store.list(WarehouseKind, inProject),
    store.list(StageKind, inProject),
    store.list(PromotionTaskKind, inProject),
    store.list(ClusterPromotionTaskKind, {}),
  ])
  const looked = warehouses.items.flatMap(({ metadata, spec }) =>
    spec.subscriptions.flatMap((entry) =>
      Object.entries(entry).flatMap(([kind, subscription]) => {
        const type = isJsonObject(subscription) ? parts.repositoryType.ofSource(kind) : undefined
        return type === undefined
          ? []
          : (useOf(type, `Warehouse ${metadata.name}`, subscription) ?? [])
      }),
    ),
  )
  const taskSpecs = new Map<string, StepsOwner>([
    ...tasks.items.map(({ metadata, spec }) => [`PromotionTask ${metadata.name}`, spec] as const),
    ...clusterTasks.items.map(
      ({ metadata, spec }) => [`ClusterPromotionTask ${metadata.name}`, spec] as const,
    ),
  ])
  const stepUses = stages.items.map(({ metadata, spec }) => {
    const template = spec.promotionTemplate?.spec
    return usesOfSteps(
      { vars: [...(spec.vars ?? []), ...(template?.vars ?? [])], steps: template?.steps },
      {
        by: `Stage ${metadata.name}`,
        ctx: { project, stage: metadata.name },
        isGitStep: (kind) => parts.repositoryType.isGitStep(kind),
        task: ({ name, kind = 'PromotionTask' }) => taskSpecs.get(`${kind} ${name}`),
      },
    )
  })
  return {
    uses: [...looked, ...stepUses.flatMap(({ uses }) => uses)],
    unknown: stepUses.flatMap(({ unknown }) => unknown),
  }
}
