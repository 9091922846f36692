import type { DeepReadonly, Json } from '../../json.ts'
import { fromJson } from '../json-value.ts'
import { StringMap } from '../string-map.ts'
import { Struct } from '../struct.ts'
import type { StructType } from '../struct.ts'
import { any, anyMap, string, stringMap } from '../types.ts'
import type { ObjectType, Type } from '../types.ts'
import { newMap } from '../value.ts'
import type { Value } from '../value.ts'
import { parseMoment } from '../layout-parse.ts'
import { rfc3339 } from '../layout.ts'
import { timeType } from '../object-types.ts'
import { Time } from '../time.ts'
import { utc } from '../zone.ts'

/** Artifacts as values: Go's field names inside expressions, JSON names when one is given as a whole. */

interface Field {
  readonly name: string
  readonly json: string
  readonly type: Type
  readonly omitEmpty: boolean
}

export interface ArtifactType {
  readonly struct: StructType
  readonly type: ObjectType
  readonly fields: readonly Field[]
}

function artifactType(name: string, fields: readonly Field[]): ArtifactType {
  return {
    struct: { name, fields },
    type: {
      kind: 'object',
      name,
      shape: 'struct',
      fields: Object.fromEntries(fields.map((field) => [field.name, field.type])),
      methods: {},
    },
    fields,
  }
}

const field = (name: string, json: string, type: Type = string, omitEmpty = true): Field => ({
  name,
  json,
  type,
  omitEmpty,
})

const named = (name: string): string => `v1alpha1.${name}`

export const originType = artifactType(named('FreightOrigin'), [
  field('Kind', 'kind', string, false),
  field('Name', 'name', string, false),
])

export const commitType = artifactType(named('GitCommit'), [
  field('RepoURL', 'repoURL'),
  field('ID', 'id'),
  field('Branch', 'branch'),
  field('Tag', 'tag'),
  field('Message', 'message'),
  field('Author', 'author'),
  field('Committer', 'committer'),
  field('SubscriptionName', 'subscriptionName'),
])

export const imageType = artifactType(named('Image'), [
  field('RepoURL', 'repoURL'),
  field('Tag', 'tag'),
  field('Digest', 'digest'),
  field('Annotations', 'annotations', stringMap),
  field('SubscriptionName', 'subscriptionName'),
])

export const chartType = artifactType(named('Chart'), [
  field('RepoURL', 'repoURL'),
  field('Name', 'name'),
  field('Version', 'version'),
  field('SubscriptionName', 'subscriptionName'),
])

/** Has no JSON names of its own: it is encoded with Go's. */
export const artifactReferenceType = artifactType('function.expressionFriendlyArtifactReference', [
  field('ArtifactType', 'ArtifactType', string, false),
  field('SubscriptionName', 'SubscriptionName', string, false),
  field('Version', 'Version', string, false),
  field('Metadata', 'Metadata', anyMap, false),
])

export const discoveredCommitType = artifactType(named('DiscoveredCommit'), [
  field('ID', 'id'),
  field('Branch', 'branch'),
  field('Tag', 'tag'),
  field('Subject', 'subject'),
  field('Author', 'author'),
  field('Committer', 'committer'),
  field('CreatorDate', 'creatorDate', timeType),
])

export const discoveredImageType = artifactType(named('DiscoveredImageReference'), [
  field('Tag', 'tag', string, false),
  field('Digest', 'digest', string, false),
  field('Annotations', 'annotations', stringMap),
  field('CreatedAt', 'createdAt', timeType),
])

type Source = Readonly<Record<string, DeepReadonly<Json> | undefined>>

/** A JSON object with this type's JSON names, as a value. Absent strings are "", absent times nil. */
export function artifactValue(type: ArtifactType, source: Source): Struct {
  const fields = newMap()
  for (const { name, json, type: fieldType } of type.fields)
    fields[name] = fieldValue(fieldType, source[lower(json)])
  return new Struct(type.struct, fields)
}

/** Sources have lower-case names also where the JSON form does not. */
function lower(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}

function fieldValue(type: Type, value: DeepReadonly<Json> | undefined): Value {
  if (type === stringMap) return new StringMap(stringEntries(value))
  if (type === timeType) return typeof value === 'string' ? timeValue(value) : null
  if (type === anyMap)
    return value === undefined || value === null ? newMap() : fromJson(value, { integers: 'float' })
  if (type === any) return fromJson(value, { integers: 'float' })
  return typeof value === 'string' ? value : ''
}

/** The entries of a JSON object that are strings. */
export function stringEntries(value: DeepReadonly<Json> | undefined): Record<string, string> {
  const entries: Record<string, string> = Object.create(null)
  if (typeof value !== 'object' || value === null) return entries
  for (const [key, entry] of Object.entries(value))
    if (typeof entry === 'string') entries[key] = entry
  return entries
}

/** The time of an RFC 3339 timestamp, nil when it is none. */
export function timeValue(timestamp: string): Value {
  try {
    const { moment, zone } = parseMoment(timestamp, rfc3339, utc)
    return new Time(BigInt(moment.seconds) * 1_000_000_000n + BigInt(moment.nanos), zone)
  } catch {
    return null
  }
}
