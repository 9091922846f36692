import { callError } from '../function-value.ts'
import type { Implementation } from '../function-value.ts'
import { describeKind } from '../describe.ts'
import { isJsonObject } from '../../json.ts'
import type { DeepReadonly, Json, JsonObject } from '../../json.ts'
import { normGit } from '../../repo-url.ts'
import { Struct } from '../struct.ts'
import { signature, string } from '../types.ts'
import type { Signature, Type } from '../types.ts'
import type { Value } from '../value.ts'
import {
  artifactReferenceType,
  artifactValue,
  chartType,
  commitType,
  imageType,
  originType,
} from './artifacts.ts'
import type { ArtifactType } from './artifacts.ts'
import { lookUp } from './data.ts'
import { expectArguments, stringArgument } from './declare.ts'
import type { Snapshot } from './need.ts'

/** `Kind` is `Warehouse` in every origin there is. */
export interface Origin {
  readonly kind: string
  readonly name: string
}

type Artifacts = readonly DeepReadonly<Readonly<Record<string, Json | undefined>>>[]

/** A reference to Freight, as a Promotion's collection holds it. */
export interface FreightArtifacts {
  readonly origin?: Origin | undefined
  readonly commits?: Artifacts | undefined
  readonly images?: Artifacts | undefined
  readonly charts?: Artifacts | undefined
  readonly artifacts?: Artifacts | undefined
}

export interface FreightInput {
  readonly project: string
  /** What the Stage asks for. Without an explicit origin, the Warehouses of these decide where an artifact comes from. */
  readonly requestedFreight: readonly { readonly origin: Origin }[]
  /** The Freight of the Promotion, one reference for each origin. */
  readonly freight: readonly FreightArtifacts[]
  readonly snapshot: Snapshot
}

const origin = originType.type
const fromOne = (result: Type): readonly Signature[] => [
  signature([string, origin], result),
  signature([string], result),
]

export const freightSignatures: Readonly<Record<string, readonly Signature[]>> = {
  warehouse: [signature([string], origin)],
  commitFrom: fromOne(commitType.type),
  imageFrom: fromOne(imageType.type),
  chartFrom: [
    signature([string, string, origin], chartType.type),
    signature([string, string], chartType.type),
    ...fromOne(chartType.type),
  ],
  artifactFrom: fromOne(artifactReferenceType.type),
}

type Entry = DeepReadonly<JsonObject>

/** How one type of artifact is asked for and found. */
interface Finder {
  readonly type: ArtifactType
  readonly list: 'commits' | 'images' | 'charts' | 'artifacts'
  /** Does a subscription of a Warehouse provide it? */
  subscribes(subscription: Entry): boolean
  /** Is it this one? */
  matches(artifact: Entry): boolean
  /** For messages, as in `a commit from repo x`. */
  readonly what: string
  readonly isChart?: boolean
}

export function freightImplementations(
  input: FreightInput,
): Readonly<Record<string, Implementation>> {
  return {
    warehouse: (args) => {
      expectArguments(args, 1)
      const name = stringArgument(args, 0)
      if (name === '') throw callError('name must not be empty')
      return artifactValue(originType, { kind: 'Warehouse', name })
    },
    commitFrom: (args) => {
      expectArguments(args, 1, 2)
      const url = normGit(stringArgument(args, 0))
      const sameRepo = (entry: Entry | undefined): boolean =>
        normGit(text(entry, 'repoURL')) === url
      return find(input, originArgument(args, 1), {
        type: commitType,
        list: 'commits',
        subscribes: (subscription) =>
          isJsonObject(subscription['git']) && sameRepo(subscription['git']),
        matches: sameRepo,
        what: `a commit from repo ${url}`,
      })
    },
    imageFrom: (args) => {
      expectArguments(args, 1, 2)
      const url = stringArgument(args, 0)
      return find(input, originArgument(args, 1), {
        type: imageType,
        list: 'images',
        subscribes: ({ image }) => isJsonObject(image) && image['repoURL'] === url,
        matches: (entry) => entry['repoURL'] === url,
        what: `a container image from repository ${url}`,
      })
    },
    chartFrom: (args) => chartFrom(input, args),
    artifactFrom: (args) => {
      expectArguments(args, 1, 2)
      const name = stringArgument(args, 0)
      return find(input, originArgument(args, 1), {
        type: artifactReferenceType,
        list: 'artifacts',
        subscribes: (subscription) => subscription['name'] === name && isCustom(subscription),
        matches: (entry) => entry['subscriptionName'] === name,
        what: `an artifact from subscription ${name}`,
      })
    },
  }
}

function chartFrom(input: FreightInput, args: readonly Value[]): Value {
  expectArguments(args, 1, 3)
  const url = stringArgument(args, 0)
  const second = args[1]
  const name = typeof second === 'string' ? second : ''
  if (args.length > 1 && typeof second !== 'string' && !isOrigin(second)) {
    throw callError(`second argument must be string or FreightOrigin, got ${describeKind(second)}`)
  }
  if (args.length === 3 && name === '') {
    throw callError('when using three arguments, second argument must be the name of the chart')
  }
  const sameChart = (entry: Entry): boolean =>
    text(entry, 'repoURL') === url && text(entry, 'name') === name
  return find(input, isOrigin(second) ? originArgument(args, 1) : originArgument(args, 2), {
    type: chartType,
    list: 'charts',
    subscribes: ({ chart }) => isJsonObject(chart) && sameChart(chart),
    matches: sameChart,
    what: `chart ${name === '' ? '' : `"${name}" `}from repo ${url}`,
    isChart: true,
  })
}

function text(entry: Entry | undefined, key: string): string {
  const value = entry?.[key]
  return typeof value === 'string' ? value : ''
}

/** Neither git nor image nor chart: a type of its own. */
function isCustom(subscription: Entry): boolean {
  return !['git', 'image', 'chart'].some((key) => key in subscription)
}

function isOrigin(value: Value | undefined): value is Struct {
  return value instanceof Struct && value.type === originType.struct
}

function originArgument(args: readonly Value[], index: number): Origin | undefined {
  const value = args[index]
  if (value === undefined) return undefined
  if (!isOrigin(value))
    throw callError(
      `${index === 1 ? 'second' : 'third'} argument must be FreightOrigin, got ${describeKind(value)}`,
    )
  return { kind: textField(value, 'Kind'), name: textField(value, 'Name') }
}

function textField(struct: Struct, name: string): string {
  const value = struct.field(name)
  return typeof value === 'string' ? value : ''
}

/** The artifact of the origin: the one asked for, or the only one whose Warehouse subscribes to it. */
function find(input: FreightInput, desired: Origin | undefined, finder: Finder): Value {
  const from = desired ?? inferOrigin(input, finder)
  if (from === undefined) return null
  for (const reference of input.freight) {
    if (reference.origin?.kind !== from.kind || reference.origin.name !== from.name) continue
    const found = reference[finder.list]?.find((artifact) => finder.matches(artifact))
    if (found !== undefined) return artifactValue(finder.type, found)
  }
  return null
}

function inferOrigin(input: FreightInput, finder: Finder): Origin | undefined {
  let found: Origin | undefined
  for (const { origin: requested } of input.requestedFreight) {
    const warehouse = lookUp(input.snapshot, `Warehouse/${input.project}/${requested.name}`)
    if (warehouse === undefined) {
      throw callError(`Warehouse "${requested.name}" not found in namespace "${input.project}"`)
    }
    for (const subscription of subscriptionsOf(warehouse)) {
      if (!finder.subscribes(subscription)) continue
      if (found !== undefined) {
        throw callError(
          `multiple requested Freight could potentially provide ${finder.what}; name the origin, as in warehouse("${found.name}")`,
        )
      }
      found = requested
    }
  }
  if (found === undefined && finder.isChart === true)
    throw callError(`${finder.what} not found in referenced Freight`)
  return found
}

function subscriptionsOf(warehouse: Entry): readonly Entry[] {
  const spec = warehouse['spec']
  const subscriptions = isJsonObject(spec) ? spec['subscriptions'] : undefined
  return Array.isArray(subscriptions) ? subscriptions.filter(isJsonObject) : []
}
