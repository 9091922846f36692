import { toTimestamp } from '../../core/clock.ts'
import { GantryError } from '../../core/errors.ts'
import { isJsonObject, type JsonObject } from '../../core/json.ts'
import { type Kind, type KubeObject, refKey } from '../../core/kinds/kind.ts'
import type { DeleteOptions, Ref, WriteOptions } from '../../store.ts'
import { admit, timed } from './admit.ts'
import { cloneJson } from '../../core/clone-json.ts'
import { createAlso, type WriteContext } from './create.ts'
import { nothingWritten, type Plan } from './ledger.ts'
import { applyMergePatch } from './merge-patch.ts'
import * as rules from './rules.ts'
import type { Table } from './table.ts'
import { keyOf, type Operation } from './tables.ts'

export async function planUpdate(
  context: WriteContext,
  kind: Kind,
  sent: KubeObject,
  options: WriteOptions,
): Promise<Plan<KubeObject>> {
  rules.checkType(kind, sent)
  const old = mustFind(context, kind, sent.metadata)
  return planReplace(context, kind, old, rules.draftUpdate(kind, old, sent), options)
}

export async function planPatch(
  context: WriteContext,
  kind: Kind,
  ref: Ref,
  patch: JsonObject,
  options: WriteOptions,
): Promise<Plan<KubeObject>> {
  const old = mustFind(context, kind, ref)
  // Merging into an object gives an object; whether it is still one of this kind is checked next.
  const merged = applyMergePatch(old, patch) as KubeObject
  rules.checkType(kind, merged)
  const { name, namespace } = merged.metadata
  if (name !== old.metadata.name || (kind.namespaced && namespace !== old.metadata.namespace))
    throw new GantryError('Invalid', `a patch cannot rename ${rules.nameOf(kind, old)}`, {
      field: 'metadata.name',
    })
  return planReplace(context, kind, old, rules.draftUpdate(kind, old, merged), options)
}

export async function planStatus(
  context: WriteContext,
  kind: Kind,
  sent: KubeObject,
  options: WriteOptions,
): Promise<Plan<KubeObject>> {
  rules.checkType(kind, sent)
  const old = mustFind(context, kind, sent.metadata)
  rules.checkPreconditions(kind, old, sent.metadata)
  return planNewStatus(context, kind, old, sent, options)
}

export async function planStatusPatch(
  context: WriteContext,
  kind: Kind,
  ref: Ref,
  patch: JsonObject,
  options: WriteOptions,
): Promise<Plan<KubeObject>> {
  const old = mustFind(context, kind, ref)
  const resourceVersion = isJsonObject(patch['metadata'])
    ? patch['metadata']['resourceVersion']
    : undefined
  if (typeof resourceVersion === 'string') rules.checkPreconditions(kind, old, { resourceVersion })
  const { status } = patch
  const merged = applyMergePatch(old, status === undefined ? {} : { status }) as KubeObject
  return planNewStatus(context, kind, old, merged, options)
}

export async function planDelete(
  context: WriteContext,
  kind: Kind,
  ref: Ref,
  options: DeleteOptions,
): Promise<Plan<'deleted' | 'deleting'>> {
  const { ledger, reader, admission, clock } = context
  const old = mustFind(context, kind, ref)
  rules.checkPreconditions(kind, old, options)
  const request = {
    operation: 'DELETE',
    subresource: '',
    kind,
    object: cloneJson(old),
    old,
  } as const
  const outcome = await admit(admission, request, reader, options)
  const records = timed(outcome, clock)
  const isLast = mayGo(context, kind, old)
  const result = isLast ? 'deleted' : 'deleting'
  const isMarked = old.metadata.deletionTimestamp !== undefined
  if (options.dryRun === true || (isMarked && !isLast))
    return { answer: () => result, operations: [], records: [] }
  const table = ledger.tables.of(kind)
  const operation = isLast
    ? ledger.operation(table, 'DELETED', old)
    : ledger.operation(table, 'MODIFIED', rules.markDeleting(old, toTimestamp(clock.now())))
  return { answer: () => result, operations: [operation], records }
}

async function planReplace(
  context: WriteContext,
  kind: Kind,
  old: KubeObject,
  draft: KubeObject,
  options: WriteOptions,
): Promise<Plan<KubeObject>> {
  const request = { operation: 'UPDATE', subresource: '', kind, object: draft, old } as const
  const outcome = await admit(context.admission, request, context.reader, options)
  const next = rules.withIdentity(kind, old, outcome.object)
  const isGone = next.metadata.deletionTimestamp !== undefined && mayGo(context, kind, next)
  return planChange(context, kind, old, next, isGone, outcome, options)
}

async function planNewStatus(
  context: WriteContext,
  kind: Kind,
  old: KubeObject,
  sent: KubeObject,
  options: WriteOptions,
): Promise<Plan<KubeObject>> {
  if (!kind.hasStatus)
    throw new GantryError('NotSupported', `${kind.kind} has no status subresource`)
  const object = rules.withStatus(cloneJson(old), sent)
  const request = { operation: 'UPDATE', subresource: 'status', kind, object, old } as const
  const outcome = await admit(context.admission, request, context.reader, options)
  const next = rules.withStatus(old, outcome.object)
  return planChange(context, kind, old, next, false, outcome, options)
}

type Outcome = Awaited<ReturnType<typeof admit>>

function planChange(
  context: WriteContext,
  kind: Kind,
  old: KubeObject,
  next: KubeObject,
  isGone: boolean,
  outcome: Outcome,
  options: WriteOptions,
): Plan<KubeObject> {
  if (!isGone && rules.isUnchanged(old, next)) return nothingWritten(old)
  if (options.dryRun === true) return nothingWritten(next)
  const { ledger, clock } = context
  const own = ledger.operation(ledger.tables.of(kind), isGone ? 'DELETED' : 'MODIFIED', next)
  const operations: Operation[] = [own, ...createAlso(context, outcome, own)]
  return { answer: () => own.entry.object, operations, records: timed(outcome, clock) }
}

/** Whether nothing holds a deleted object back: no finalizer, and for a Namespace nothing in it. */
function mayGo({ ledger }: WriteContext, kind: Kind, object: KubeObject): boolean {
  if ((object.metadata.finalizers ?? []).length > 0) return false
  const isNamespace = kind.kind === 'Namespace' && kind.group === ''
  return !isNamespace || !ledger.tables.hasContents(object.metadata.name)
}

/** The live object, durable or not. */
function mustFind({ ledger }: WriteContext, kind: Kind, ref: Ref): KubeObject {
  const table: Table = ledger.tables.of(kind)
  const entry = ledger.tables.headGet(table, keyOf(table, ref))
  if (entry === undefined)
    throw new GantryError('NotFound', `there is no ${kind.kind} ${refKey(ref)}`)
  return entry.object
}
