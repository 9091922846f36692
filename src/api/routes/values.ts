import type { z } from 'zod'
import { GantryError } from '../../core/errors.ts'
import type { Kind, KubeObject } from '../../core/kinds/kind.ts'
import { annotations } from '../../core/kinds/labels.ts'
import { type Call, type Operation, operation, ok } from '../operation.ts'
import { refuseDisabled } from '../secret-management.ts'
import { listAll } from '../watch.ts'
import { getOrThrow, param, remove } from './objects.ts'
import { type Scope, namespaceOf } from './scopes.ts'

const maxBytes = 1024 * 1024

/** What a Secret or ConfigMap becomes. */
export interface Written {
  /** As the kind has it: base64 in a Secret. */
  readonly data: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly type?: string | undefined
  readonly replicate?: boolean | undefined
}

interface CommonBody {
  name?: string | undefined
  description?: string | undefined
}

/** A family of named values with Kargo's six operations: list, create, get, replace, patch, delete. */
export interface Values<T extends KubeObject, B extends CommonBody> {
  readonly kind: Kind<T>
  /** In the path, as in `repo-credentials`. */
  readonly noun: string
  readonly title: string
  readonly body: z.ZodType<B>
  /** Whether an object belongs to the family; others of its name are a Conflict. */
  isOne(object: T): boolean
  show(object: T): KubeObject
  /** What comes of a body; `live` is what a replacement or patch starts from. Throws BadRequest. */
  write(body: B, live: T | undefined, isPatch: boolean): Written
}

export function valueOperations<T extends KubeObject, B extends CommonBody>(
  scope: Scope,
  values: Values<T, B>,
): Operation[] {
  const { kind, noun, title } = values
  const path = `${scope.base}/${noun}`
  const item = `${path}/:name`
  const { tag } = scope
  const access = { group: kind.group, resource: kind.plural, home: scope.home }
  const body = { type: 'json', schema: values.body, maxBytes } as const
  const list = operation({
    method: 'GET',
    path,
    summary: `The ${title}.`,
    tag,
    access: { verb: 'list', ...access },
    answers: { status: 200, kind: `${kind.kind}List` },
    handle: async (call) => {
      refuseDisabled(call, kind)
      const found = await listAll(call.parts.store, kind, { namespace: namespaceOf(call, scope) })
      const items = found.filter(values.isOne).map((object) => values.show(object))
      return ok({ apiVersion: kind.apiVersion, kind: `${kind.kind}List`, metadata: {}, items })
    },
  })
  const create = operation({
    method: 'POST',
    path,
    summary: `Add to the ${title}.`,
    tag,
    access: { verb: 'create', ...access },
    body,
    answers: { status: 201, kind: kind.kind },
    handle: async (call) => {
      refuseDisabled(call, kind)
      const wish = values.body.parse(call.body)
      if (!wish.name) {
        throw new GantryError('BadRequest', 'name must not be empty', { field: 'name' })
      }
      const metadata = { name: wish.name, namespace: namespaceOf(call, scope) }
      const object = toObject(kind, metadata, wish, values.write(wish, undefined, false), scope)
      return ok(
        values.show(await call.parts.store.create(kind, object, { actor: call.actor })),
        201,
      )
    },
  })
  const get = operation({
    method: 'GET',
    path: item,
    summary: `One of the ${title}.`,
    tag,
    access: { verb: 'get', ...access, name: 'name' },
    answers: { status: 200, kind: kind.kind },
    handle: async (call) => ok(values.show(await getOne(call, scope, values))),
  })
  const edit = (method: 'PUT' | 'PATCH', summary: string): Operation =>
    operation({
      method,
      path: item,
      summary,
      tag,
      access: { verb: method === 'PUT' ? 'update' : 'patch', ...access, name: 'name' },
      body,
      answers: { status: 200, kind: kind.kind },
      handle: async (call) => {
        const live = await getOne(call, scope, values)
        const wish = values.body.parse(call.body)
        const isPatch = method === 'PATCH'
        const written = values.write(wish, live, isPatch)
        const object = toObject(kind, live.metadata, wish, written, scope, isPatch ? live : {})
        const updated = await call.parts.store.update(kind, object, { actor: call.actor })
        return ok(values.show(updated))
      },
    })
  const erase = operation({
    method: 'DELETE',
    path: item,
    summary: `Delete one of the ${title}.`,
    tag,
    access: { verb: 'delete', ...access, name: 'name' },
    answers: { status: 204 },
    handle: async (call) => remove(call, kind, (await getOne(call, scope, values)).metadata),
  })
  return [
    list,
    create,
    get,
    edit('PUT', `Replace one of the ${title}.`),
    edit('PATCH', `Change some values of one of the ${title}.`),
    erase,
  ]
}

async function getOne<T extends KubeObject, B extends CommonBody>(
  call: Call,
  scope: Scope,
  { kind, noun, isOne }: Values<T, B>,
): Promise<T> {
  refuseDisabled(call, kind)
  const ref = { namespace: namespaceOf(call, scope), name: param(call, 'name') }
  const found = await getOrThrow(call, kind, ref)
  if (isOne(found)) return found
  throw new GantryError('Conflict', `${kind.kind} ${ref.name} is none of the ${noun}`)
}

function toObject<T extends KubeObject>(
  kind: Kind<T>,
  metadata: KubeObject['metadata'],
  wish: CommonBody,
  { data, labels, type, replicate }: Written,
  scope: Scope,
  kept: Partial<T> = {},
): T {
  const isPatch = kept.metadata !== undefined
  const notes = { ...metadata.annotations }
  if (wish.description !== undefined || !isPatch) delete notes[annotations.description]
  if (wish.description) notes[annotations.description] = wish.description
  if (scope.home === 'shared' && (replicate !== undefined || !isPatch))
    delete notes[annotations.replicateTo]
  if (scope.home === 'shared' && replicate === true) notes[annotations.replicateTo] = '*'
  return kind.schema.parse({
    ...kept,
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: {
      ...metadata,
      ...(labels && { labels: { ...metadata.labels, ...labels } }),
      annotations: notes,
    },
    data,
    ...(type !== undefined && { type }),
  })
}
