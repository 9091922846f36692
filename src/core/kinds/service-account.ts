import { z } from 'zod'
import { isJsonObject } from '../json.ts'
import { defineKind } from './kind.ts'
import { annotations } from './labels.ts'
import { ageColumn } from './columns.ts'
import { CoreApiVersion, JsonMap, Metadata } from './shared.ts'

export const ServiceAccount = z.object({
  apiVersion: CoreApiVersion,
  kind: z.literal('ServiceAccount').describe('The kind.'),
  metadata: Metadata.describe(
    'The annotation `rbac.kargo.akuity.io/claims` maps users to it, by claims of their identity.',
  ),
  secrets: z.array(JsonMap).optional().describe('Accepted and not interpreted.'),
  imagePullSecrets: z.array(JsonMap).optional().describe('Accepted and not interpreted.'),
  automountServiceAccountToken: z.boolean().optional().describe('Accepted and not interpreted.'),
})
export type ServiceAccount = z.infer<typeof ServiceAccount>

export const ServiceAccountKind = defineKind<ServiceAccount>({
  kind: 'ServiceAccount',
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  namespaced: true,
  hasStatus: false,
  summary: 'An identity to which roles are bound and users are mapped.',
  schema: ServiceAccount,
  columns: [ageColumn()],
  indexKeys: (account) => ({
    claim: [...claimsOf(account)].flatMap(([claim, values]) =>
      values.map((value) => `${claim}:${value}`),
    ),
  }),
})

/** The claims that map users to the account: claim to values. Both forms of the annotation count. */
export function claimsOf(account: ServiceAccount): ReadonlyMap<string, readonly string[]> {
  const claims = new Map<string, string[]>()
  const add = (claim: string, values: readonly string[]): void => {
    const known = claims.get(claim) ?? []
    claims.set(claim, [...new Set([...known, ...values.filter((value) => value !== '')])])
  }
  for (const [key, text] of Object.entries(account.metadata.annotations ?? {})) {
    if (key === annotations.rbacClaims) {
      for (const [claim, values] of parseClaims(text)) add(claim, values)
    } else if (key.startsWith(annotations.rbacClaimPrefix)) {
      add(
        key.slice(annotations.rbacClaimPrefix.length),
        text.split(',').map((value) => value.trim()),
      )
    }
  }
  return claims
}

function parseClaims(text: string): [string, string[]][] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return []
  }
  if (!isJsonObject(parsed)) return []
  return Object.entries(parsed).map(([claim, value]) => [
    claim,
    (Array.isArray(value) ? value : [value]).filter((entry) => typeof entry === 'string'),
  ])
}
