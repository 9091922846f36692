import { type Clock, toTimestamp } from '../../core/clock.ts'
import { GantryError } from '../../core/errors.ts'
import { type Kind, type KubeObject, refKey } from '../../core/kinds/kind.ts'
import type { Admission, AdmissionOutcome, StoreReader, WriteOptions } from '../../store.ts'
import { admit, timed } from './admit.ts'
import { cloneJson } from '../../core/clone-json.ts'
import { type Ledger, nothingWritten, type Plan } from './ledger.ts'
import { checkName, generateName } from './names.ts'
import { type Birth, draftCreate, nameOf, withBirth } from './rules.ts'
import type { Table } from './table.ts'
import { keyOf, type Operation } from './tables.ts'

/** What planning a write needs. */
export interface WriteContext {
  readonly ledger: Ledger
  readonly reader: StoreReader
  readonly admission: Admission
  readonly clock: Clock
  /** Whether an object's Namespace must exist before it. */
  readonly requireNamespaces: boolean
}

/** Names to try before `generateName` gives up. */
const maxNameAttempts = 8

export async function planCreate(
  context: WriteContext,
  kind: Kind,
  sent: KubeObject,
  options: WriteOptions,
): Promise<Plan<KubeObject>> {
  const { ledger, reader, admission, clock } = context
  const table = ledger.tables.of(kind)
  const birth = beBorn(clock)
  const draft = draftCreate(kind, sent, birth)
  if (kind.namespaced) checkNamespace(context, kind, draft)
  nameDraft(context, table, draft)
  const request = { operation: 'CREATE', subresource: '', kind, object: draft } as const
  const outcome = await admit(admission, request, reader, options)
  const object = withBirth(kind, outcome.object, birth)
  checkName(kind, object)
  if (ledger.tables.headGet(table, keyOf(table, object.metadata)) !== undefined)
    throw new GantryError('AlreadyExists', `${nameOf(kind, object)} exists already`, {
      field: 'metadata.name',
    })
  if (options.dryRun === true) return nothingWritten(object)
  const own = ledger.operation(table, 'ADDED', object)
  const operations = [own, ...createAlso(context, outcome, own)]
  return { answer: () => own.entry.object, operations, records: timed(outcome, clock) }
}

/** The operations of what admission asks to be created along: whatever of it is not there yet. */
export function createAlso(
  { ledger, clock }: WriteContext,
  outcome: AdmissionOutcome,
  own: Operation,
): readonly Operation[] {
  const operations: Operation[] = []
  for (const { kind, object } of outcome.also ?? []) {
    const table = ledger.tables.of(kind)
    const draft = withBirth(kind, cloneJson(object), beBorn(clock))
    checkName(kind, draft)
    const key = keyOf(table, draft.metadata)
    const isThere = [own, ...operations].some((known) => known.table === table && known.key === key)
    if (isThere || ledger.tables.headGet(table, key) !== undefined) continue
    operations.push(ledger.operation(table, 'ADDED', draft))
  }
  return operations
}

function beBorn(clock: Clock): Birth {
  return { uid: crypto.randomUUID(), creationTimestamp: toTimestamp(clock.now()) }
}

function nameDraft({ ledger }: WriteContext, table: Table, draft: KubeObject): void {
  const { metadata } = draft
  if (metadata.name !== undefined && metadata.name !== '') return
  metadata.name = ''
  const prefix = metadata.generateName
  if (prefix === undefined || prefix === '') return
  for (let attempt = 0; attempt < maxNameAttempts; attempt++) {
    metadata.name = generateName(prefix)
    if (ledger.tables.headGet(table, keyOf(table, metadata)) === undefined) return
  }
}

/** As Kubernetes: nothing enters a Namespace that is on its way out, or not there. */
function checkNamespace(context: WriteContext, kind: Kind, draft: KubeObject): void {
  const { tables } = context.ledger
  const table = tables.find('Namespace')
  const name = draft.metadata.namespace
  if (table === undefined || name === undefined || name === '') return
  const namespace = tables.headGet(table, keyOf(table, { name }))?.object
  if (namespace?.metadata.deletionTimestamp !== undefined)
    throw new GantryError(
      'Forbidden',
      `cannot create ${kind.kind} ${refKey(draft.metadata)}: namespace ${name} is being deleted`,
      { field: 'metadata.namespace' },
    )
  if (namespace === undefined && context.requireNamespaces)
    throw new GantryError(
      'NotFound',
      `cannot create ${kind.kind} ${refKey(draft.metadata)}: there is no namespace ${name}`,
      { field: 'metadata.namespace' },
    )
}
