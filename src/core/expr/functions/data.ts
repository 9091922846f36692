import { fromBase64 } from '../base64.ts'
import { fromJson } from '../json-value.ts'
import { fromBytes } from '../bytes.ts'
import { callError } from '../function-value.ts'
import type { Implementation } from '../function-value.ts'
import { isJsonObject } from '../../json.ts'
import type { DeepReadonly, Json, JsonObject } from '../../json.ts'
import { labels } from '../../kinds/labels.ts'
import { StringMap } from '../string-map.ts'
import { anyMap, signature, string, stringMap } from '../types.ts'
import type { Signature } from '../types.ts'
import { newMap } from '../value.ts'
import type { Value } from '../value.ts'
import { stringEntries } from './artifacts.ts'
import { expectArguments, stringArgument } from './declare.ts'
import { need } from './need.ts'
import type { Snapshot } from './need.ts'

/** Functions that read objects of the Project. Their keys in the snapshot: `<Kind>/<namespace>/<name>`. */
export interface DataInput {
  readonly project: string
  /** Where `sharedConfigMap` and `sharedSecret` look; `kargo-shared-resources` unless told. */
  readonly sharedNamespace?: string | undefined
  readonly snapshot: Snapshot
}

const texts: readonly Signature[] = [signature([string], stringMap)]
const objects: readonly Signature[] = [signature([string], anyMap)]

export const dataSignatures: Readonly<Record<string, readonly Signature[]>> = {
  configMap: texts,
  sharedConfigMap: texts,
  secret: texts,
  sharedSecret: texts,
  freightMetadata: objects,
  freightStatus: objects,
  stageMetadata: objects,
}

export function dataImplementations(input: DataInput): Readonly<Record<string, Implementation>> {
  const { project, snapshot } = input
  const shared = input.sharedNamespace ?? 'kargo-shared-resources'
  const configMap =
    (namespace: string): Implementation =>
    (args) => {
      const found = lookUp(snapshot, `ConfigMap/${namespace}/${oneName(args)}`)
      return new StringMap(stringEntries(found?.['data']))
    }
  return {
    configMap: configMap(project),
    sharedConfigMap: configMap(shared),
    secret: (args, context) => {
      const found = lookUp(snapshot, `Secret/${project}/${oneName(args)}`)
      context.markSensitive()
      return secretData(found)
    },
    sharedSecret: (args, context) => {
      const found = lookUp(snapshot, `Secret/${shared}/${oneName(args)}`)
      context.markSensitive()
      return isGeneric(found) ? secretData(found) : new StringMap({})
    },
    freightMetadata: (args) => {
      const name = oneName(args, 'freight ref name must not be empty')
      return metadataOf(lookUp(snapshot, `Freight/${project}/${name}`))
    },
    freightStatus: (args) => {
      const name = oneName(args, 'freight ref name must not be empty')
      const found = lookUp(snapshot, `Freight/${project}/${name}`)
      if (found === undefined) return null
      const status = found['status']
      return isJsonObject(status) ? fromJson(status, { integers: 'float' }) : newMap()
    },
    stageMetadata: (args) => {
      const name = oneName(args, 'stage name must not be empty')
      return metadataOf(lookUp(snapshot, `Stage/${project}/${name}`))
    },
  }
}

function oneName(args: readonly Value[], emptyReason?: string): string {
  expectArguments(args, 1)
  const name = stringArgument(args, 0)
  if (name === '' && emptyReason !== undefined) throw callError(emptyReason)
  return name
}

/** The object under a key; undefined when it is known to be absent. Raises Need when it is not known. */
export function lookUp(snapshot: Snapshot, key: string): DeepReadonly<JsonObject> | undefined {
  const found: DeepReadonly<Json> = need(snapshot, key)
  return isJsonObject(found) ? found : undefined
}

function isGeneric(secret: DeepReadonly<JsonObject> | undefined): boolean {
  const metadata = secret?.['metadata']
  const marks = isJsonObject(metadata) ? metadata['labels'] : undefined
  return isJsonObject(marks) && marks[labels.credType] === 'generic'
}

/** The entries of a Secret, as text. `stringData` counts too: it is what a Secret that was just written holds. */
function secretData(secret: DeepReadonly<JsonObject> | undefined): StringMap {
  const entries: Record<string, string> = Object.create(null)
  for (const [key, encoded] of Object.entries(stringEntries(secret?.['data']))) {
    const bytes = fromBase64(encoded)
    if (bytes !== undefined) entries[key] = fromBytes(bytes)
  }
  Object.assign(entries, stringEntries(secret?.['stringData']))
  return new StringMap(entries)
}

function metadataOf(object: DeepReadonly<JsonObject> | undefined): Value {
  const status = object?.['status']
  const metadata = isJsonObject(status) ? status['metadata'] : undefined
  return isJsonObject(metadata) ? fromJson(metadata, { integers: 'float' }) : null
}
