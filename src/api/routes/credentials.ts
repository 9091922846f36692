import { z } from 'zod'
import { GantryError, asGantryError } from '../../core/errors.ts'
import { labels } from '../../core/kinds/labels.ts'
import { type Secret, SecretKind } from '../../core/kinds/secret.ts'
import { mapValues } from '../../core/map-values.ts'
import { compileRegex } from '../../core/pattern.ts'
import type { Operation } from '../operation.ts'
import { showObject } from '../show.ts'
import { type Values, valueOperations } from './values.ts'
import { projectScope, sharedScope, systemScope } from './scopes.ts'

const repoTypes = ['git', 'helm', 'image'] as const

const RepoBody = z.object({
  name: z.string().optional(),
  type: z.enum(repoTypes).optional(),
  repoUrl: z.string().optional(),
  repoUrlIsRegex: z.boolean().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  description: z.string().optional(),
})
type RepoBody = z.infer<typeof RepoBody>

const GenericBody = z.object({
  name: z.string().optional(),
  data: z.record(z.string(), z.string()).optional(),
  removeKeys: z.array(z.string()).optional(),
  description: z.string().optional(),
  type: z.string().optional().describe('The type of the Secret; cannot change'),
  replicate: z.boolean().optional().describe('Shared ones: copy it into every Project'),
})
type GenericBody = z.infer<typeof GenericBody>

/** Credentials of repositories: values go in and never come out. */
const repositories: Values<Secret, RepoBody> = {
  kind: SecretKind,
  noun: 'repo-credentials',
  title: 'credentials of repositories',
  body: RepoBody,
  isOne: (secret) => isType(secret, repoTypes),
  show: (secret) => showObject(SecretKind, secret),
  write(body, live, isPatch) {
    if (!isPatch) require(body, ['type', 'repoUrl', 'username', 'password'])
    const old = isPatch ? live?.data : {}
    const wasRegex = old?.['repoURLIsRegex'] === encoded('true')
    const isRegex = isPatch && !body.repoUrl ? wasRegex : body.repoUrlIsRegex
    if (isRegex === true && body.repoUrl) checkPattern(body.repoUrl)
    const { repoURLIsRegex: _, ...kept } = old ?? {}
    const data = {
      ...kept,
      ...given({ repoURL: body.repoUrl, username: body.username, password: body.password }),
      ...(isRegex === true && given({ repoURLIsRegex: 'true' })),
    }
    const type = body.type ?? live?.metadata.labels?.[labels.credType] ?? ''
    return { data, labels: { [labels.credType]: type } }
  },
}

/** Any other secret values. */
const generic: Values<Secret, GenericBody> = {
  kind: SecretKind,
  noun: 'generic-credentials',
  title: 'generic credentials',
  body: GenericBody,
  isOne: (secret) => isType(secret, ['generic']),
  show: (secret) => showObject(SecretKind, secret),
  write(body, live, isPatch) {
    const wanted = body.type
    if (live !== undefined && wanted !== undefined && wanted !== (live.type ?? 'Opaque')) {
      throw new GantryError(
        'BadRequest',
        `the type cannot change; it is ${live.type ?? 'Opaque'}`,
        {
          field: 'type',
        },
      )
    }
    const { removeKeys, data = {} } = body
    const change = { removeKeys, data: mapValues(data, encoded) }
    return {
      data: editedData(isPatch ? (live?.data ?? {}) : {}, change),
      labels: { [labels.credType]: 'generic' },
      type: live?.type ?? wanted,
      replicate: body.replicate,
    }
  },
}

export const credentialOperations: readonly Operation[] = [
  ...valueOperations(projectScope, repositories),
  ...valueOperations(sharedScope, repositories),
  ...valueOperations(projectScope, generic),
  ...valueOperations(sharedScope, generic),
  ...valueOperations(systemScope, generic),
]

/** The data after a change: what is given is set, what is named is removed, and something must be left. */
export function editedData(
  old: Readonly<Record<string, string>>,
  change: { data?: Record<string, string> | undefined; removeKeys?: string[] | undefined },
): Record<string, string> {
  const removed = new Set(change.removeKeys)
  const data = Object.fromEntries(
    Object.entries({ ...old, ...change.data }).filter(([key]) => !removed.has(key)),
  )
  if (Object.keys(data).length > 0) return data
  throw new GantryError('BadRequest', 'there must be at least one key with a value', {
    field: 'data',
  })
}

function isType({ metadata }: Secret, types: readonly string[]): boolean {
  return types.includes(metadata.labels?.[labels.credType] ?? '')
}

/** As Secrets hold it. What stays as it is need not be text, and is never decoded. */
function encoded(text: string): string {
  return Buffer.from(text).toString('base64')
}

function given(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => (value ? [[key, encoded(value)]] : [])),
  )
}

/** A pattern that cannot be used would serve no repository, and nobody would be told. */
function checkPattern(pattern: string): void {
  try {
    compileRegex(pattern)
  } catch (thrown) {
    const why = asGantryError(thrown).message
    throw new GantryError('BadRequest', `repoUrl is no pattern: ${why}`, { field: 'repoUrl' })
  }
}

function require(body: RepoBody, fields: readonly (keyof RepoBody)[]): void {
  for (const field of fields) {
    if (!body[field]) throw new GantryError('BadRequest', `${field} must not be empty`, { field })
  }
}
