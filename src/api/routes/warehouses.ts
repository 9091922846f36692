import { WarehouseKind } from '../../core/kinds/warehouse.ts'
import { operation, ok } from '../operation.ts'
import { listOrWatch, watchOne } from '../watch.ts'
import { getOrThrow, param, projectRef, refresh, remove } from './objects.ts'

const collection = '/v1beta1/projects/:project/warehouses'
const item = `${collection}/:warehouse`
const tag = 'warehouses'
const name = 'warehouse'

export const warehouseOperations = [
  operation({
    method: 'GET',
    path: collection,
    summary: 'The Warehouses of a Project.',
    tag,
    access: { verb: 'list', resource: 'warehouses' },
    answers: { status: 200, kind: 'WarehouseList', watchable: true },
    handle: (call) => listOrWatch(call, WarehouseKind, { namespace: param(call, 'project') }),
  }),
  operation({
    method: 'GET',
    path: item,
    summary: 'One Warehouse.',
    tag,
    access: { verb: 'get', resource: 'warehouses', name },
    answers: { status: 200, kind: 'Warehouse', watchable: true },
    handle: async (call) => {
      const ref = projectRef(call, name)
      const found = await getOrThrow(call, WarehouseKind, ref)
      return call.query.get('watch') === 'true' ? watchOne(call, WarehouseKind, ref) : ok(found)
    },
  }),
  operation({
    method: 'GET',
    path: `${item}/discovery`,
    summary:
      'Each subscription: last and next look, last change, requests, budgets, errors. Volatile: never stored.',
    tag,
    access: { verb: 'get', resource: 'warehouses', name },
    answers: { status: 200 },
    handle: async (call) => {
      const found = await getOrThrow(call, WarehouseKind, projectRef(call, name))
      return ok(call.parts.redactor.redactValue({ ...call.parts.discovery(found) }))
    },
  }),
  operation({
    method: 'DELETE',
    path: item,
    summary: 'Delete a Warehouse. Its Freight stays.',
    tag,
    access: { verb: 'delete', resource: 'warehouses', name },
    answers: { status: 204 },
    handle: (call) => remove(call, WarehouseKind, projectRef(call, name)),
  }),
  operation({
    method: 'POST',
    path: `${item}/refresh`,
    summary: 'Look for new artifacts now.',
    tag,
    access: { verb: 'patch', resource: 'warehouses', name },
    answers: { status: 200, kind: 'Warehouse' },
    handle: (call) => refresh(call, WarehouseKind, projectRef(call, name)),
  }),
]
