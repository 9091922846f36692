import type { Clock } from '../../core/clock.ts'
import type {
  CheckedAddress,
  CheckedSecret,
  CredentialReport,
} from '../../core/credential-report.ts'
import type { CredentialSecret, RepoType } from '../../core/credential.ts'
import { GantryError } from '../../core/errors.ts'
import { compileRegex } from '../../core/pattern.ts'
import { isLoopbackHost } from '../../core/policy/find-credential.ts'
import type { Redactor } from '../../core/redact.ts'
import { ociHost } from '../../core/repo-url.ts'
import { type CredentialDirectory, whyNot } from '../credential-lookup.ts'
import { mapBounded } from '../map-bounded.ts'
import { type Address, outcomeOf, tryAddress, type TryParts } from './try-address.ts'

export interface CheckParts extends TryParts {
  readonly credentials: CredentialDirectory
  readonly clock: Clock
  readonly redactor: Redactor
}

export interface CheckRequest {
  readonly project: string
  readonly addresses: readonly (Address & { readonly usedBy: readonly string[] })[]
  readonly unknown: readonly string[]
  readonly signal: AbortSignal
}

const types: readonly RepoType[] = ['git', 'image', 'helm']
const atATime = 4
const tryTimeoutMs = 20_000
/** Of the whole check; what has not begun by then is not tried. */
const checkTimeoutMs = 60_000
const maxAddresses = 200
const maxChecks = 4

/** Tries every address with the credential that serves it. A few checks at a time; more are told to come back. */
export function createCredentialCheck(parts: CheckParts) {
  let running = 0
  return async (request: CheckRequest): Promise<CredentialReport> => {
    if (running >= maxChecks) {
      throw new GantryError('RateLimited', 'other credentials are being checked: try again soon', {
        retryAfterMs: 5000,
      })
    }
    running += 1
    try {
      return parts.redactor.redactValue(await check(parts, request))
    } finally {
      running -= 1
    }
  }
}

async function check(parts: CheckParts, request: CheckRequest): Promise<CredentialReport> {
  const { project, unknown } = request
  const startedAt = parts.clock.monotonic()
  const addresses = await mapBounded(request.addresses, atATime, async (address) => {
    const isLate = parts.clock.monotonic() - startedAt > checkTimeoutMs
    return checkAddress(parts, request, address, isLate)
  })
  const known = await Promise.all(types.map((type) => parts.credentials.list(project, type)))
  const secrets = known.flat().flatMap((secret) => {
    const checked = checkSecret(parts, secret, addresses)
    // What is shared and touches nothing here is no business of this Project.
    const isOurs = !secret.shared || checked.serves.length > 0
    return isOurs ? [checked] : []
  })
  const isOk = addresses.every(({ state }) => state === 'ok')
  return { project, addresses, secrets, unknown, ok: isOk }
}

async function checkAddress(
  parts: CheckParts,
  { project, addresses, signal }: CheckRequest,
  address: CheckRequest['addresses'][number],
  isLate: boolean,
): Promise<CheckedAddress> {
  const { type, url, usedBy } = address
  const choice = await parts.credentials.explain({ project, type, url })
  const passedOver = choice.others.map(({ secret, fit }) => ({
    secret: nameOf(secret),
    why:
      fit === 'bad-pattern' || fit === 'any-host'
        ? whyNot[fit]
        : `shadowed by ${choice.secret === undefined ? 'another' : nameOf(choice.secret)}`,
  }))
  const about = {
    type,
    url: withoutUser(url),
    usedBy,
    ...(choice.secret !== undefined && { secret: nameOf(choice.secret) }),
    ...(choice.kind !== undefined && choice.refusal === undefined && { kind: choice.kind }),
    ...(choice.identity !== undefined && { identity: choice.identity }),
    passedOver,
  }
  if (isLate || addresses.indexOf(address) >= maxAddresses) return { ...about, state: 'not tried' }
  const limit = new AbortController()
  const cancel = parts.clock.after(tryTimeoutMs, () => limit.abort())
  const startedAt = parts.clock.monotonic()
  try {
    await tryAddress(parts, project, address, AbortSignal.any([signal, limit.signal]))
    return { ...about, state: 'ok', latencyMs: Math.round(parts.clock.monotonic() - startedAt) }
  } catch (thrown) {
    signal.throwIfAborted()
    const outcome = limit.signal.aborted
      ? {
          state: 'unreachable' as const,
          code: 'Timeout',
          message: `no answer within ${tryTimeoutMs / 1000} s`,
        }
      : outcomeOf(thrown)
    const message = [outcome.message, choice.refusal].filter(Boolean).join('; ')
    return { ...about, ...outcome, message: withoutUser(message) }
  } finally {
    cancel()
  }
}

function checkSecret(
  { credentials }: CheckParts,
  secret: CredentialSecret,
  addresses: readonly CheckedAddress[],
): CheckedSecret {
  const name = nameOf(secret)
  const served = addresses.filter((address) => address.secret === name)
  const problems = problemsOf(secret)
  const [first] = served
  if (first !== undefined && credentials.kindOf(secret, first.url) === undefined) {
    problems.push('it holds nothing usable for the address that it serves')
  }
  const state =
    served.length === 0
      ? 'unused'
      : served.every((each) => each.state === 'ok')
        ? 'works'
        : 'broken'
  return {
    secret: name,
    type: secret.type,
    repoURL: withoutUser(secret.repoURL),
    isPattern: secret.repoURLIsRegex,
    serves: served.map(({ url }) => url),
    state,
    problems,
  }
}

/** What can be said of a Secret by itself. */
function problemsOf({ type, repoURL, repoURLIsRegex }: CredentialSecret): string[] {
  if (repoURL === '') return ['it has no repoURL, so it serves nothing']
  if (!repoURLIsRegex) return wrongKindOf(type, repoURL)
  try {
    const pattern = compileRegex(repoURL)
    const anywhere = ['https://anywhere.invalid/a/b', 'ssh://git@anywhere.invalid/a/b']
    const isWide = anywhere.some((url) => pattern.test(url))
    return isWide ? ['its pattern names no host, so any host gets it'] : []
  } catch {
    return [whyNot['bad-pattern']]
  }
}

function wrongKindOf(type: RepoType, repoURL: string): string[] {
  const isUrl = /^https?:\/\//iu.test(repoURL)
  if (type === 'image' && /^\w+:\/\//u.test(repoURL)) {
    return ['an image has no scheme: write the address as in ghcr.io/example/app']
  }
  if (type === 'git' && /^oci:\/\//iu.test(repoURL))
    return ['oci:// is no address of a git repository']
  if (type === 'helm' && !isUrl && ociHost('helm', repoURL) === undefined) {
    return ['a chart repository begins with https:// or oci://']
  }
  const isPlain = /^http:\/\//iu.test(repoURL) && URL.canParse(repoURL)
  return isPlain && !isLoopbackHost(new URL(repoURL).hostname)
    ? ['credentials do not go over plain http, unless the operator allows it']
    : []
}

function nameOf({ namespace, name }: CredentialSecret): string {
  return `${namespace}/${name}`
}

/** Addresses in manifests may hold a password, which nobody should read here. */
function withoutUser(text: string): string {
  return text.replaceAll(/(\/\/)[^/\s@]*@/gu, (whole) => (/^\/\/git@$/u.test(whole) ? whole : '//'))
}
