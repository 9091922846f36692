import { z } from 'zod'
import { GantryError } from '../../core/errors.ts'
import { annotations, labels } from '../../core/kinds/labels.ts'
import type { KubeObject } from '../../core/kinds/kind.ts'
import { type Secret, SecretKind } from '../../core/kinds/secret.ts'
import { ServiceAccountKind } from '../../core/kinds/service-account.ts'
import { mask } from '../../core/redact.ts'
import { isTokenSecret, issueToken } from '../api-tokens.ts'
import { type Call, type Operation, operation, ok } from '../operation.ts'
import { listAll } from '../watch.ts'
import { param, remove } from './objects.ts'
import { type Scope, installScope, namespaceOf, projectScope } from './scopes.ts'

const tag = 'access'
const maxLifeSeconds = 10 * 365 * 86_400

const TokenBody = z.object({
  name: z.string().min(1).describe('Name of the token'),
  expiresInSeconds: z
    .number()
    .int()
    .positive()
    .max(maxLifeSeconds)
    .optional()
    .describe('How long it is valid; until it is deleted when absent'),
})

/** The three ways to handle tokens, in a Project or for the whole installation. */
function tokenOperations(scope: Scope): Operation[] {
  const access = { group: '', resource: 'secrets', home: scope.home } as const
  return [
    operation({
      method: 'POST',
      path: `${scope.base}/roles/:role/api-tokens`,
      summary: 'Make a token of a role. Its value is shown this once.',
      tag,
      access: { verb: 'create', ...access },
      body: { type: 'json', schema: TokenBody, maxBytes: 4096 },
      answers: { status: 201, kind: 'Secret' },
      handle: async (call) => {
        const { name, expiresInSeconds } = TokenBody.parse(call.body)
        const { store, clock } = call.parts
        const ref = { namespace: namespaceOf(call, scope), name: param(call, 'role') }
        const account = await store.get(ServiceAccountKind, ref)
        if (account === undefined) {
          throw new GantryError('NotFound', `Role ${JSON.stringify(ref.name)} not found`)
        }
        const request = { account, name, now: clock.now(), lifeSeconds: expiresInSeconds }
        const { token, secret } = await issueToken(request)
        const stored = await store.create(SecretKind, secret, { actor: call.actor })
        return ok(showToken(stored, token), 201)
      },
    }),
    operation({
      method: 'GET',
      path: `${scope.base}/api-tokens`,
      summary: 'The tokens, without their values.',
      tag,
      access: { verb: 'list', ...access },
      query: z.object({ role: z.string().optional().describe('Only those of this role') }),
      answers: { status: 200, kind: 'SecretList' },
      handle: async (call) => {
        const role = call.query.get('role')
        const found = await listAll(call.parts.store, SecretKind, {
          namespace: namespaceOf(call, scope),
          labels: { matchLabels: { [labels.apiToken]: 'true' } },
        })
        const items = found
          .filter(isTokenSecret)
          .filter((secret) => !role || accountOf(secret) === role)
        return ok({ items: items.map((secret) => showToken(secret)) })
      },
    }),
    operation({
      method: 'GET',
      path: `${scope.base}/api-tokens/:apitoken`,
      summary: 'One token, without its value.',
      tag,
      access: { verb: 'get', ...access, name: 'apitoken' },
      answers: { status: 200, kind: 'Secret' },
      handle: async (call) => ok(showToken(await getToken(call, scope))),
    }),
    operation({
      method: 'DELETE',
      path: `${scope.base}/api-tokens/:apitoken`,
      summary: 'Revoke a token: it is worth nothing from now on.',
      tag,
      access: { verb: 'delete', ...access, name: 'apitoken' },
      answers: { status: 204 },
      handle: async (call) => {
        const { metadata } = await getToken(call, scope)
        return remove(call, SecretKind, metadata)
      },
    }),
  ]
}

export const apiTokenOperations: readonly Operation[] = [
  ...tokenOperations(projectScope),
  ...tokenOperations(installScope),
]

async function getToken(call: Call, scope: Scope): Promise<Secret> {
  const ref = { namespace: namespaceOf(call, scope), name: param(call, 'apitoken') }
  const secret = await call.parts.store.get(SecretKind, ref)
  if (secret !== undefined && isTokenSecret(secret)) return secret
  throw new GantryError('NotFound', `API token ${JSON.stringify(ref.name)} not found`)
}

function accountOf({ metadata }: Secret): string | undefined {
  return metadata.annotations?.[annotations.tokenAccount]
}

/** As Kargo shows it: the value (base64, as in every Secret) only in the answer to its making. */
function showToken(secret: Secret, token?: string): KubeObject {
  const value = token === undefined ? mask : Buffer.from(token).toString('base64')
  const shown = { ...secret, data: { token: value } }
  return shown
}
