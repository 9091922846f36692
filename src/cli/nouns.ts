import type { KubeObject } from '../core/kinds/kind.ts'
import { annotations, labels } from '../core/kinds/labels.ts'
import { type Table, configMapTable, descriptionOf } from './tables.ts'

/**
 * What `get` and `delete` have words for beside the stored kinds: things of which the API makes one view out of several
 * objects, or that it picks out of a kind.
 */
export interface Noun {
  readonly words: readonly [plural: string, ...others: string[]]
  /** What the objects are that the API shows for it. */
  readonly of: { readonly apiVersion: string; readonly kind: string }
  /** Below a project, `/v1beta1/shared` or `/v1beta1/system`. */
  readonly path: string
  /** Where it lives beside projects. */
  readonly elsewhere: readonly ('shared' | 'system')[]
  readonly table: Table
}

interface ShownRole extends KubeObject {
  readonly kargoManaged?: boolean
}

interface ShownSecret extends KubeObject {
  readonly stringData?: Readonly<Record<string, string>>
}

const roles: Table<ShownRole> = {
  namespaced: true,
  columns: [{ name: 'Kargo Managed', value: ({ kargoManaged }) => kargoManaged === true }],
}

const tokens: Table = {
  namespaced: true,
  columns: [
    { name: 'Role', value: ({ metadata }) => metadata.annotations?.[annotations.tokenAccount] },
    {
      name: 'Kargo Managed',
      value: ({ metadata }) => metadata.annotations?.[annotations.rbacManaged] === 'true',
    },
  ],
}

const repoCredentials: Table<ShownSecret> = {
  namespaced: true,
  columns: [
    { name: 'Type', value: ({ metadata }) => metadata.labels?.[labels.credType] },
    { name: 'Regex', value: ({ stringData }) => stringData?.['repoURLIsRegex'] },
    { name: 'Repo', value: ({ stringData }) => stringData?.['repoURL'] },
  ],
}

const genericCredentials: Table = {
  namespaced: true,
  columns: [{ name: 'Description', value: descriptionOf }],
}

/** Kargo's eight spellings of `repo-credentials` and its like; the first is the plural. */
export function spellings(prefix: 'repo' | 'generic'): [string, ...string[]] {
  const endings = ['credentials', 'credential', 'creds', 'cred']
  const [plural = '', ...others] = ['-', ''].flatMap((dash) =>
    endings.map((ending) => `${prefix}${dash}${ending}`),
  )
  return [plural, ...others]
}

const secret = { apiVersion: 'v1', kind: 'Secret' }

export const nouns: Readonly<Record<'roles' | 'tokens' | 'repo' | 'generic', Noun>> = {
  roles: {
    words: ['roles', 'role'],
    of: { apiVersion: 'rbac.kargo.akuity.io/v1alpha1', kind: 'Role' },
    path: 'roles',
    elsewhere: ['system'],
    table: roles,
  },
  tokens: {
    words: ['tokens', 'token'],
    of: secret,
    path: 'api-tokens',
    elsewhere: ['system'],
    table: tokens,
  },
  repo: {
    words: spellings('repo'),
    of: secret,
    path: 'repo-credentials',
    elsewhere: ['shared'],
    table: repoCredentials,
  },
  generic: {
    words: spellings('generic'),
    of: secret,
    path: 'generic-credentials',
    elsewhere: ['shared', 'system'],
    table: genericCredentials,
  },
}

/** ConfigMaps are a stored kind; outside of projects they are reached like the others here. */
export const configMaps: Noun = {
  words: ['configmaps', 'configmap', 'cm'],
  of: { apiVersion: 'v1', kind: 'ConfigMap' },
  path: 'configmaps',
  elsewhere: ['shared', 'system'],
  table: configMapTable,
}

export function nounByWord(word: string): Noun | undefined {
  return Object.values(nouns).find(({ words }) => words.includes(word.toLowerCase()))
}
