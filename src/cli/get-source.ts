import { GantryError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import { ClusterConfigKind } from '../core/kinds/cluster-config.ts'
import { ConfigMapKind } from '../core/kinds/config-map.ts'
import { FreightKind } from '../core/kinds/freight.ts'
import type { Kind, KubeObject } from '../core/kinds/kind.ts'
import { ProjectConfigKind } from '../core/kinds/project-config.ts'
import { PromotionKind } from '../core/kinds/promotion.ts'
import type { Client } from './client.ts'
import { type CliIo, findProject, projectPath, requireKind, requireProject } from './context.ts'
import { type Noun, configMaps, nounByWord, nouns } from './nouns.ts'
import { asObject, asObjects } from './objects.ts'
import { type ScopeOptions, scopePath, scopePlace } from './scope.ts'
import { type Table, tableOf } from './tables.ts'

/** What says which objects are meant, in `get` and `delete`; each goes with some words only. */
export interface Selection extends ScopeOptions {
  readonly name?: readonly string[]
  readonly alias?: readonly string[]
  readonly warehouse?: readonly string[]
  readonly origin?: readonly string[]
  readonly stage?: string
  readonly role?: string
  readonly asKubernetesResources?: boolean
}

/** Where the objects of a word are, and how they are shown. */
export interface Source {
  readonly plural: string
  /** What its objects are. */
  readonly of: { readonly apiVersion: string; readonly kind: string }
  readonly table: Table
  /** Absent: of all projects, or of none. */
  readonly place?: string | undefined
  /** The names that were meant, whichever way they were given. */
  readonly names: readonly string[]
  /** The list as a path that can be watched; absent: it cannot be. */
  readonly watchable?: string
  list(): Promise<readonly KubeObject[]>
  one(name: string): Promise<readonly KubeObject[]>
  /** Where one of them is deleted. */
  itemPath(name: string): string
  /** Of a list or watch, what was asked for. */
  isWanted(object: KubeObject): boolean
}

export async function sourceOf(
  io: CliIo,
  client: Client,
  word: string,
  names: readonly string[],
  options: Selection,
): Promise<Source> {
  const noun = nounByWord(word)
  if (noun !== undefined) return nounSource(io, client, noun, names, options)
  const kind = requireKind(word)
  if (kind === ConfigMapKind && (options.shared || options.system))
    return nounSource(io, client, configMaps, names, options)
  return kindSource(io, client, kind, names, options)
}

async function nounSource(
  io: CliIo,
  client: Client,
  noun: Noun,
  names: readonly string[],
  options: Selection,
): Promise<Source> {
  const [plural] = noun.words
  const isRoles = noun === nouns.roles
  const own = [...(noun === nouns.tokens ? ['role'] : []), ...(isRoles ? [behind] : [])]
  refuseOthers(options, plural, [...noun.elsewhere, ...own])
  const scope = await scopePath(io, options)
  const base = `${scope}/${noun.path}`
  const query = new URLSearchParams({
    ...(options.role !== undefined && { role: options.role }),
    ...(options.asKubernetesResources && { 'as-resources': 'true' }),
  }).toString()
  const suffix = query === '' ? '' : `?${query}`
  const itemPath = (name: string): string => `${base}/${encodeURIComponent(name)}`
  const objectsIn = (answer: unknown): readonly KubeObject[] =>
    options.asKubernetesResources ? membersOf(answer) : [asObject(answer)]
  return {
    plural,
    table: options.asKubernetesResources ? { namespaced: true, columns: kindColumn } : noun.table,
    of: noun.of,
    place: await scopePlace(io, options),
    names,
    list: async () => {
      const answer = await client.get(`${base}${suffix}`)
      return Array.isArray(answer) ? answer.flatMap(objectsIn) : asObjects(answer)
    },
    one: async (name) => objectsIn(await client.get(`${itemPath(name)}${suffix}`)),
    itemPath,
    isWanted: () => true,
  }
}

const behind = 'asKubernetesResources'
const kindColumn = [{ name: 'Kind', value: ({ kind }: KubeObject) => kind }]

/** The ServiceAccount, Roles and RoleBindings of `{serviceAccount, roles, roleBindings}`. */
function membersOf(answer: unknown): readonly KubeObject[] {
  if (!isJsonObject(answer)) return []
  return [answer['serviceAccount'], answer['roles'], answer['roleBindings']]
    .flat()
    .filter((member) => member !== undefined)
    .map(asObject)
}

async function kindSource(
  io: CliIo,
  client: Client,
  kind: Kind,
  given: readonly string[],
  options: Selection,
): Promise<Source> {
  refuseOthers(options, kind.plural, selectors.get(kind) ?? [])
  const project = kind.namespaced ? await findProject(io, options) : undefined
  const names = [...given, ...(options.name ?? []), ...(options.alias ?? [])]
  const freightPath =
    kind === FreightKind && names.length > 0
      ? projectPath(await requireProject(io, options), 'freight')
      : undefined
  const itemPath = (name: string): string =>
    freightPath === undefined
      ? objectsPath(kind, project, name)
      : `${freightPath}/${encodeURIComponent(name)}`
  return {
    plural: kind.plural,
    of: kind,
    table: tableOf(kind),
    place: project === undefined ? undefined : `in project ${project}`,
    names: names.length > 0 ? names : onlyName(kind, project),
    watchable: objectsPath(kind, project),
    list: async () => asObjects(await client.get(objectsPath(kind, project))),
    one: async (name) => [asObject(await client.get(itemPath(name)))],
    itemPath,
    isWanted: (object) => isSelected(object, options),
  }
}

const selectors = new Map<Kind, readonly string[]>([
  [FreightKind, ['name', 'alias', 'warehouse', 'origin']],
  [PromotionKind, ['stage']],
  [ConfigMapKind, ['shared', 'system']],
])

/** Configurations have one name, which nobody needs to say. */
function onlyName(kind: Kind, project: string | undefined): readonly string[] {
  if (kind === ClusterConfigKind) return ['cluster']
  return kind === ProjectConfigKind && project !== undefined ? [project] : []
}

function isSelected(
  object: KubeObject,
  { stage, warehouse = [], origin = [] }: Selection,
): boolean {
  const origins = [...warehouse, ...origin]
  const spec = fieldOf(object, 'spec')
  const from = fieldOf(object, 'origin')
  return (
    (stage === undefined || spec?.['stage'] === stage) &&
    (origins.length === 0 || origins.some((name) => from?.['name'] === name))
  )
}

function fieldOf(object: KubeObject, key: string): Record<string, unknown> | undefined {
  const value: unknown = Object.entries(object).find(([name]) => name === key)?.[1]
  return isJsonObject(value) ? value : undefined
}

/** `/v1beta1/gantry/objects/<plural>[/<name>]?project=` */
function objectsPath(kind: Kind, project: string | undefined, name?: string): string {
  const path = `/v1beta1/gantry/objects/${kind.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`
  return project === undefined ? path : `${path}?project=${encodeURIComponent(project)}`
}

const flags: Readonly<Record<string, string>> = {
  shared: '--shared',
  system: '--system',
  name: '--name',
  alias: '--alias',
  warehouse: '--warehouse',
  origin: '--origin',
  stage: '--stage',
  role: '--role',
  [behind]: '--as-kubernetes-resources',
}

function refuseOthers(options: Selection, plural: string, allowed: readonly string[]): void {
  for (const [key, value] of Object.entries(options)) {
    const flag = flags[key]
    if (flag === undefined || value === undefined || allowed.includes(key)) continue
    throw new GantryError('BadRequest', `${flag} means nothing for ${plural}`, { field: key })
  }
}
