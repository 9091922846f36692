import { z } from 'zod'
import { defineKind } from './kind.ts'
import { labels } from './labels.ts'
import { ageColumn } from './columns.ts'
import { CoreApiVersion, Metadata, StringMap } from './shared.ts'

export const Secret = z.object({
  apiVersion: CoreApiVersion,
  kind: z.literal('Secret').describe('The kind.'),
  metadata: Metadata.describe('The label `kargo.akuity.io/cred-type` says what the Secret is for.'),
  type: z.string().optional().describe('Type; Opaque when absent. Cannot change.'),
  data: StringMap.optional().describe('Values, base64.'),
  stringData: StringMap.optional().describe('Values in clear; folded into `data` when written.'),
  immutable: z.boolean().optional().describe('When true, the values cannot change.'),
})
export type Secret = z.infer<typeof Secret>

/** The type of the Secret of an API token. */
export const tokenSecretType = 'kubernetes.io/service-account-token'

export const SecretKind = defineKind<Secret>({
  kind: 'Secret',
  group: '',
  version: 'v1',
  plural: 'secrets',
  namespaced: true,
  hasStatus: false,
  summary: 'Values that must not be seen: credentials, keys. Encrypted at rest.',
  schema: Secret,
  columns: [
    { name: 'Type', value: (secret) => secret.type },
    // Answers have the values masked, in `stringData`.
    {
      name: 'Data',
      type: 'integer',
      value: ({ data, stringData }) => Object.keys({ ...data, ...stringData }).length,
    },
    ageColumn(),
  ],
  indexKeys: (secret) => ({ credType: [secret.metadata.labels?.[labels.credType] ?? []].flat() }),
})
