import type { Implementation } from '../function-value.ts'
import type { DeepReadonly, Json } from '../../json.ts'
import { normChart, normGit, normImage } from '../../repo-url.ts'
import type { FunctionSet } from '../signature.ts'
import { signature, string } from '../types.ts'
import type { Type } from '../types.ts'
import type { Value } from '../value.ts'
import {
  artifactReferenceType,
  artifactValue,
  chartType,
  discoveredCommitType,
  discoveredImageType,
} from './artifacts.ts'
import { declare, expectArguments, functionSet, stringArgument } from './declare.ts'

type Source = DeepReadonly<Readonly<Record<string, Json | undefined>>>

/** What discovery found: of every list the first entry is the newest. */
export interface DiscoveredArtifacts {
  readonly git?:
    | readonly { readonly repoURL: string; readonly commits?: readonly Source[] | undefined }[]
    | undefined
  readonly images?:
    | readonly { readonly repoURL: string; readonly references?: readonly Source[] | undefined }[]
    | undefined
  readonly charts?:
    | readonly {
        readonly repoURL: string
        readonly name?: string | undefined
        readonly versions?: readonly string[] | undefined
      }[]
    | undefined
  readonly results?:
    | readonly {
        readonly name: string
        readonly artifactReferences?: readonly Source[] | undefined
      }[]
    | undefined
}

const one = (result: Type): ReturnType<typeof signature>[] => [signature([string], result)]

const declarations = declare({
  commitFrom: one(discoveredCommitType.type),
  imageFrom: one(discoveredImageType.type),
  chartFrom: [signature([string, string], chartType.type, 1)],
  artifactFrom: one(artifactReferenceType.type),
})

/**
 * Functions of a Warehouse's freight creation criteria: they see only what was discovered. Unlike those over Freight
 * they compare addresses of all kinds in their normal forms.
 */
export function criteriaFunctions(discovered: DiscoveredArtifacts): FunctionSet {
  const implementations: Readonly<Record<string, Implementation>> = {
    commitFrom: (args) => {
      const url = normGit(oneText(args))
      const found = discovered.git?.find(
        (entry) => normGit(entry.repoURL) === url && hasSome(entry.commits),
      )
      return first(found?.commits, (commit) => artifactValue(discoveredCommitType, commit))
    },
    imageFrom: (args) => {
      const url = normImage(oneText(args))
      const found = discovered.images?.find(
        (entry) => normImage(entry.repoURL) === url && hasSome(entry.references),
      )
      return first(found?.references, (image) => artifactValue(discoveredImageType, image))
    },
    chartFrom: (args) => {
      expectArguments(args, 1, 2)
      const url = normChart(stringArgument(args, 0))
      const name = args.length > 1 ? stringArgument(args, 1) : ''
      const found = discovered.charts?.find(
        (entry) =>
          normChart(entry.repoURL) === url &&
          (name === '' || entry.name === name) &&
          hasSome(entry.versions),
      )
      return first(found?.versions, (version) =>
        artifactValue(chartType, { repoURL: url, name: found?.name ?? '', version }),
      )
    },
    artifactFrom: (args) => {
      const name = oneText(args)
      const found = discovered.results?.findLast(
        (entry) => entry.name === name && hasSome(entry.artifactReferences),
      )
      return first(found?.artifactReferences, (artifact) =>
        artifactValue(artifactReferenceType, artifact),
      )
    },
  }
  return functionSet(declarations, implementations)
}

/** True when there is something for criteria to look at: without it they count as met. Other artifacts do not count. */
export function hasArtifactsForCriteria(discovered: DiscoveredArtifacts): boolean {
  return (
    (discovered.git ?? []).some(({ commits }) => hasSome(commits)) ||
    (discovered.images ?? []).some(({ references }) => hasSome(references)) ||
    (discovered.charts ?? []).some(({ versions }) => hasSome(versions))
  )
}

function oneText(args: readonly Value[]): string {
  expectArguments(args, 1)
  return stringArgument(args, 0)
}

function hasSome(list: readonly unknown[] | undefined): boolean {
  return list !== undefined && list.length > 0
}

function first<T>(list: readonly T[] | undefined, make: (item: T) => Value): Value {
  const [item] = list ?? []
  if (item === undefined) return null
  return make(item)
}
