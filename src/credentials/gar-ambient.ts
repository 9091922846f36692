import { hasCode } from '../core/errors.ts'
import { defineAmbientCredential, type ExchangeTools, type IssuedToken } from '../credential.ts'
import { unlessNobody } from '../lib/exchange.ts'
import { fingerprint } from '../lib/fingerprint.ts'
import { impersonate, impersonationUrl } from '../lib/google/impersonate.ts'
import { findGoogleIdentity, googleVariables } from '../lib/google/own-identity.ts'
import { isGoogleRegistry } from '../lib/google/token.ts'
import { variablesSchema } from '../lib/variables-schema.ts'

const title = "getting a token of the Project's service account"

/**
 * Gantry's identity at Google, narrowed to the Project where there is a service account for it:
 * `kargo-project-<project>` in the Google project that Gantry runs in, else what Gantry itself may do.
 */
export default defineAmbientCredential({
  kind: 'gar-ambient',
  summary: "Gantry's own identity at Google, for images and charts in its Artifact Registry.",
  settings: variablesSchema(googleVariables),
  matches: ({ type, url }) => isGoogleRegistry(type, url),
  async resolve({ project, signal }, tools) {
    const identity = fingerprint('gar-ambient', project)
    const exchange = async (exchanging: AbortSignal): Promise<IssuedToken> => {
      const own = await findGoogleIdentity(tools, exchanging)
      if (own.project === undefined) return own.token
      const email = `kargo-project-${project}@${own.project}.iam.gserviceaccount.com`
      return (await actFor(tools, own.token, email, exchanging)) ?? own.token
    }
    const token = await unlessNobody(tools.tokens.get(identity, exchange, signal))
    return token && { ...token, fingerprint: identity }
  },
})

/** Undefined when the account is not there or Gantry may not act for it. */
async function actFor(
  tools: ExchangeTools,
  own: IssuedToken,
  email: string,
  signal: AbortSignal,
): Promise<IssuedToken | undefined> {
  try {
    return await impersonate(tools, own, { title, url: impersonationUrl(email) }, signal)
  } catch (thrown) {
    if (hasCode(thrown, 'Forbidden', 'NotFound')) return undefined
    throw thrown
  }
}
