import { toTimestamp } from '../../core/clock.ts'
import { GantryError } from '../../core/errors.ts'
import { jsonEqual } from '../../core/json.ts'
import { type Freight, FreightKind } from '../../core/kinds/freight.ts'
import { labels } from '../../core/kinds/labels.ts'
import { StageKind } from '../../core/kinds/stage.ts'
import { moniker } from '../../core/moniker.ts'
import { freightName } from '../../core/names.ts'
import type { StoreReader } from '../../store.ts'
import { eventRecord, freightAnnotations } from '../events.ts'
import { admitApprovals } from './approvals.ts'
import { checkArtifacts } from './freight-artifacts.ts'
import { isLabelValue } from './metadata.ts'
import { type AdmissionParts, defineAdmission, type Removal, type Write } from './parts.ts'
import { requireProjectNamespace } from './project-namespace.ts'
import { forbidden, invalid, title } from './refuse.ts'

export const freightAdmission = defineAdmission({
  kind: FreightKind,
  async admit(write: Write<Freight>) {
    const { object, old } = write
    if (old !== undefined) {
      checkUnchanged(object, old)
      object.discoveredAt ??= old.discoveredAt
      await checkAlias(write)
    } else await admitNew(write)
    setAliasLabel(object)
    if (old === undefined) recordCreation(write)
    return object
  },
  admitStatus: admitApprovals,
  async remove({ object, reader }: Removal<Freight>) {
    const { name, namespace } = object.metadata
    const index = { name: 'currentFreight', key: name }
    const { items } = await reader.list(StageKind, { namespace, index, limit: 1 })
    const [stage] = items
    if (stage === undefined) return
    throw forbidden(object, `it is in use: stage "${stage.metadata.name}" is at it`)
  },
})

async function admitNew(write: Write<Freight>): Promise<void> {
  await requireProjectNamespace(write)
  const { object, reader, parts } = write
  const { namespace, creationTimestamp } = object.metadata
  // Whatever was asked for: the same content is the same Freight.
  const name = freightName(object)
  object.metadata.name = name
  delete object.metadata.generateName
  object.discoveredAt ??= creationTimestamp ?? toTimestamp(parts.clock.now())
  if ((await reader.get(FreightKind, { namespace, name })) !== undefined) {
    throw new GantryError('AlreadyExists', `${title(object)} exists already`, {
      field: 'metadata.name',
    })
  }
  await checkArtifacts(object, reader)
  if ((object.alias ?? '') === '') object.alias = await drawAlias(reader, parts)
  else await checkAlias(write)
}

/** A Warehouse's own Freight is told of by its controller, which knows more of it. */
function recordCreation({ object, actor, parts, record }: Write<Freight>): void {
  if (actor.controlPlane) return
  const event = {
    object,
    reason: 'FreightCreated',
    message: `freight ${object.alias ?? object.metadata.name} was made by ${actor.id}`,
    actor: actor.id,
    annotations: freightAnnotations(object),
  }
  record(eventRecord(event, parts.clock.now()))
}

/** What a Freight is cannot change, not even in what plays no part in its name. */
function checkUnchanged(object: Freight, old: Freight): void {
  for (const field of ['origin', 'commits', 'images', 'charts', 'artifacts'] as const) {
    if (jsonEqual(object[field] ?? [], old[field] ?? [])) continue
    throw invalid(object, field, 'cannot change: make new Freight instead')
  }
}

async function checkAlias({ object, old, reader }: Write<Freight>): Promise<void> {
  const { alias = '' } = object
  if (alias === '' || alias === old?.alias) return
  if (!isLabelValue(alias)) {
    throw invalid(object, 'alias', 'must be at most 63 letters, digits, "-", "_" and "."')
  }
  const { namespace, name } = object.metadata
  const { items } = await reader.list(FreightKind, {
    namespace,
    index: { name: 'alias', key: alias },
  })
  const other = items.find(({ metadata }) => metadata.name !== name)
  if (other === undefined) return
  const why = `"${alias}" is the alias of Freight ${other.metadata.name}`
  if (old === undefined) throw invalid(object, 'alias', why)
  throw new GantryError('AlreadyExists', `${title(object)} cannot be changed: ${why}`, {
    field: 'alias',
  })
}

/** Draws before a number makes an alias unique. */
const maxDraws = 20

/** An alias that no Freight of any Project has. */
async function drawAlias(reader: StoreReader, parts: AdmissionParts): Promise<string> {
  const share = (): number => {
    const [a = 0, b = 0, c = 0] = parts.random(3)
    return (a * 65536 + b * 256 + c) / 2 ** 24
  }
  for (let attempt = 1; ; attempt++) {
    const drawn = moniker(share(), share())
    const alias = attempt <= maxDraws ? drawn : `${drawn}-${attempt}`
    const index = { name: 'alias', key: alias }
    const { items } = await reader.list(FreightKind, { index, limit: 1 })
    if (items.length === 0) return alias
  }
}

function setAliasLabel(object: Freight): void {
  const { [labels.alias]: _alias, ...others } = object.metadata.labels ?? {}
  const { alias = '' } = object
  object.metadata.labels = alias === '' ? others : { ...others, [labels.alias]: alias }
}
