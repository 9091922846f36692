import { parseDuration } from '../core/duration.ts'
import { GantryError } from '../core/errors.ts'
import type { PushIntegration } from '../core/git.ts'
import { fromEnv } from '../lib/from-env.ts'
import { isNetwork } from '../lib/networks.ts'

/** A whole number above 0 of the environment. */
export function toCount(env: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const text = fromEnv(env, name)
  if (text === undefined) return otherwise
  const count = Number(text)
  if (Number.isInteger(count) && count > 0) return count
  throw new GantryError(
    'BadRequest',
    `${name} is ${JSON.stringify(text)}: use a whole number above 0`,
  )
}

/** Milliseconds of a duration of the environment, as in `5m`. */
export function toMs(env: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const text = fromEnv(env, name)
  if (text === undefined) return otherwise
  const durationMs = parseDuration(text)
  if (durationMs !== undefined) return durationMs
  throw new GantryError(
    'BadRequest',
    `${name} is ${JSON.stringify(text)}: use a duration such as 5m`,
  )
}

/** A number of bytes above 0, also as in `500Mi` or `10Gi`. */
export function toBytes(env: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = fromEnv(env, name)
  if (text === undefined) return undefined
  const [, digits, unit = ''] = /^(\d{1,15})(Ki|Mi|Gi|Ti)?$/u.exec(text) ?? []
  const bytes = Number(digits ?? 0) * 1024 ** ['', 'Ki', 'Mi', 'Gi', 'Ti'].indexOf(unit)
  if (bytes > 0) return bytes
  throw new GantryError(
    'BadRequest',
    `${name} is ${JSON.stringify(text)}: use a number of bytes above 0 such as 500Mi or 10Gi`,
  )
}

/** What stands between commas. */
export function toList(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** Addresses and networks between commas. */
export function toNetworks(env: NodeJS.ProcessEnv, name: string): readonly string[] {
  const list = toList(env[name])
  for (const entry of list) {
    if (isNetwork(entry)) continue
    throw new GantryError(
      'BadRequest',
      `${name} has ${JSON.stringify(entry)}: use addresses and networks such as 192.0.2.1 or 10.0.0.0/8, between commas`,
    )
  }
  return list
}

const policies: readonly PushIntegration[] = [
  'AlwaysRebase',
  'RebaseOrMerge',
  'RebaseOrFail',
  'AlwaysMerge',
  'None',
]

export function toPushIntegration(text: string | undefined): PushIntegration {
  if (text === undefined || text === '') return 'AlwaysRebase'
  const policy = policies.find((each) => each === text)
  if (policy !== undefined) return policy
  throw new GantryError(
    'BadRequest',
    `GIT_PUSH_INTEGRATION_POLICY is ${JSON.stringify(text)}: use one of ${policies.join(', ')}`,
  )
}
