import { z } from 'zod'
import { GantryError } from '../../core/errors.ts'
import { type Freight, FreightKind } from '../../core/kinds/freight.ts'
import { WarehouseKind } from '../../core/kinds/warehouse.ts'
import { assembleFreight } from '../../core/policy/assemble-freight.ts'
import { checkAccess } from '../check-access.ts'
import { type Answer, type Call, operation, ok } from '../operation.ts'
import { getOrThrow, param, projectRef } from './objects.ts'

const AssembleBody = z.strictObject({
  alias: z.string().optional().describe('Drawn when absent'),
  artifacts: z
    .array(
      z.strictObject({
        subscription: z.string().describe('Name or address of the subscription'),
        version: z
          .string()
          .describe('Tag, digest, `tag@digest`, commit id or version, as it was found'),
      }),
    )
    .optional()
    .describe('What is not to be the best of its subscription'),
})

const path = '/v1beta1/projects/:project/warehouses/:warehouse/freight'

export const assembleOperation = operation({
  method: 'POST',
  path,
  summary:
    'Make Freight by hand of what a Warehouse has found: one artifact for each subscription.',
  tag: 'freight',
  access: { verb: 'create', resource: 'freights' },
  query: z.object({ dryRun: z.boolean().optional().describe('Only say what it would be') }),
  body: { type: 'json', schema: AssembleBody, maxBytes: 1024 * 1024, optional: true },
  answers: { status: 201, kind: 'Freight' },
  handle: assemble,
})

async function assemble(call: Call): Promise<Answer> {
  const { actor, parts, params, query } = call
  const namespace = param(call, 'project')
  // What was found is the Warehouse's to tell: whoever may only make Freight could ask it out of the refusals.
  const access = { verb: 'get', resource: 'warehouses', name: 'warehouse' }
  await checkAccess(parts, actor, access, { params, query })
  const warehouse = await getOrThrow(call, WarehouseKind, projectRef(call, 'warehouse'))
  const { alias, artifacts = [] } = AssembleBody.parse(call.body ?? {})
  const assembly = assembleFreight({
    warehouse: warehouse.metadata.name,
    subscriptions: warehouse.spec.subscriptions.length,
    discovered: warehouse.status?.discoveredArtifacts,
    choices: artifacts,
  })
  if ('problem' in assembly) {
    const { field, message } = assembly.problem
    throw new GantryError('Invalid', `cannot make freight: ${message}`, { field })
  }
  const { freight: content, name } = assembly
  const known = await parts.store.get(FreightKind, { namespace, name })
  if (known !== undefined) {
    const called = known.alias === undefined ? name : `${known.alias} (${name})`
    throw new GantryError('AlreadyExists', `freight ${called} holds exactly these artifacts`, {
      field: 'artifacts',
    })
  }
  const freight: Freight = {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Freight',
    metadata: { name, namespace },
    ...(alias !== undefined && { alias }),
    ...content,
  }
  const dryRun = query.get('dryRun') === 'true'
  return ok(await parts.store.create(FreightKind, freight, { actor, dryRun }), 201)
}
