import { GantryError } from '../core/errors.ts'
import { cacheByTagPolicies, type SourceSettings } from '../core/source-settings.ts'

/** What the operator's environment says about subscriptions. */
export function readSourceSettings(env: NodeJS.ProcessEnv): SourceSettings {
  const text = env['CACHE_BY_TAG_POLICY'] || 'Allow'
  const cacheByTag = cacheByTagPolicies.find((each) => each === text)
  if (cacheByTag !== undefined) return { cacheByTag }
  throw new GantryError(
    'BadRequest',
    `CACHE_BY_TAG_POLICY is ${JSON.stringify(text)}: use one of ${cacheByTagPolicies.join(', ')}`,
  )
}
