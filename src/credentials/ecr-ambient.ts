import { hasCode } from '../core/errors.ts'
import { defineAmbientCredential, type ExchangeTools, type IssuedToken } from '../credential.ts'
import { type EcrRegistry, ecrRegistryOf, fetchEcrToken } from '../lib/aws/ecr.ts'
import { partitionOf } from '../lib/aws/endpoint.ts'
import { awsVariables, findOwnKeys } from '../lib/aws/own-keys.ts'
import type { AwsKeys } from '../lib/aws/sigv4.ts'
import { accountOf, assumeRole } from '../lib/aws/sts.ts'
import { NoIdentity, unlessNobody } from '../lib/exchange.ts'
import { fingerprint } from '../lib/fingerprint.ts'
import { variablesSchema } from '../lib/variables-schema.ts'

const maxRoleName = 64

/**
 * Gantry's identity at AWS, narrowed to the Project where there is a role for it: `kargo-project-<project>` in the
 * registry's account, else in Gantry's own, else what Gantry itself may do.
 */
export default defineAmbientCredential({
  kind: 'ecr-ambient',
  summary: "Gantry's own identity at AWS, for images and charts in its Elastic Container Registry.",
  settings: variablesSchema(awsVariables),
  matches: ({ type, url }) => ecrRegistryOf(type, url) !== undefined,
  async resolve({ project, type, url, signal }, tools) {
    const registry = ecrRegistryOf(type, url)
    if (registry === undefined) return undefined
    const session = tools.env['SHARD_NAME']
      ? `kargo-controller-${tools.env['SHARD_NAME']}`
      : 'kargo-controller'
    const account = registry.isPublic ? 'public' : registry.account
    const identity = fingerprint('ecr-ambient', project, account, registry.region)
    const exchange = async (exchanging: AbortSignal): Promise<IssuedToken> => {
      const own = await findOwnKeys(tools, registry.region, session, exchanging)
      if (own === undefined) throw new NoIdentity()
      const keys = await keysFor(tools, { project, registry, session, own }, exchanging)
      return fetchEcrToken(tools, keys, registry, exchanging)
    }
    const optional = async (exchanging: AbortSignal): Promise<IssuedToken> =>
      exchange(exchanging).catch((thrown: unknown) => {
        exchanging.throwIfAborted()
        throw new NoIdentity(undefined, { cause: thrown })
      })
    const token = await unlessNobody(
      // The public registry is there for everybody: who may not have a token of it reads as nobody.
      tools.tokens.get(identity, registry.isPublic ? optional : exchange, signal),
    )
    return token && { ...token, fingerprint: identity }
  },
})

interface Asker {
  readonly project: string
  readonly registry: EcrRegistry
  readonly session: string
  readonly own: AwsKeys
}

async function keysFor(
  tools: ExchangeTools,
  { project, registry, session, own }: Asker,
  signal: AbortSignal,
): Promise<AwsKeys> {
  const name = `kargo-project-${project}`
  if (name.length > maxRoleName) return own
  const { region } = registry
  const ownAccount = await accountOf(tools, region, own, signal)
  const accounts = registry.isPublic ? [ownAccount] : [registry.account, ownAccount]
  for (const account of new Set(accounts)) {
    const arn = `arn:${partitionOf(region)}:iam::${account}:role/${name}`
    try {
      return await assumeRole(tools, region, own, { arn, session, externalId: name }, signal)
    } catch (thrown) {
      if (!isDenial(thrown)) throw thrown
    }
  }
  return own
}

/** AWS does not tell a role that is not there from one that may not be assumed; a region that is off says so. */
function isDenial(thrown: unknown): boolean {
  return hasCode(thrown, 'Forbidden') && thrown.details.every((code) => code === 'AccessDenied')
}
