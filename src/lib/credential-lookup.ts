import type { Clock } from '../core/clock.ts'
import type {
  Credential,
  CredentialLookup,
  CredentialRequest,
  CredentialSecret,
  RepoType,
} from '../core/credential.ts'
import { asGantryError, GantryError } from '../core/errors.ts'
import type { HttpCapability } from '../core/http.ts'
import type { Secret } from '../core/kinds/secret.ts'
import type { Logger } from '../core/log.ts'
import {
  type CredentialFit,
  findCredential,
  judgeCredentials,
  mayCarryCredentials,
} from '../core/policy/find-credential.ts'
import type { CredentialProvider, ExchangeTools } from '../credential.ts'
import { createTokenCache } from './token-cache.ts'

export interface CredentialLookupOptions {
  /** The Secrets of a namespace whose `kargo.akuity.io/cred-type` label is the type. */
  listSecrets(namespace: string, type: RepoType): Promise<readonly Secret[]>
  readonly providers: readonly CredentialProvider[]
  /** The namespace whose credentials every Project may use; none when absent. */
  readonly sharedNamespace?: string | undefined
  /** Whether credentials may go over plain http to other machines. */
  readonly allowPlainHttp: boolean
  /** Whether Gantry's own identity may be used where no Secret serves, and over what it asks for it. */
  readonly ambientHttp?: HttpCapability | undefined
  readonly http: HttpCapability
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  readFile(path: string): Promise<string>
  readonly redactor: { add(value: string): void; remove(value: string): void }
  readonly log: Logger
}

/** What serves an address, for people: nothing in it is secret. */
export interface CredentialChoice {
  readonly secret: CredentialSecret | undefined
  /** Kind of what turns it into a credential; undefined: access is anonymous. */
  readonly kind: string | undefined
  /** A user name, the id of an app. */
  readonly identity: string | undefined
  /** Secrets of the type that might have been meant, with why they do not serve. */
  readonly others: readonly PassedOver[]
  /** Why no credential is sent although there may be one. */
  readonly refusal: string | undefined
}

export interface PassedOver {
  readonly secret: CredentialSecret
  readonly fit: Exclude<CredentialFit, 'none'>
}

export interface CredentialDirectory extends CredentialLookup {
  /** What `find` would use, without using it. */
  explain(request: Omit<CredentialRequest, 'refused' | 'signal'>): Promise<CredentialChoice>
  /** The Secrets of a type that a Project sees: its own, then the shared ones. */
  list(project: string, type: RepoType): Promise<readonly CredentialSecret[]>
  /** The kind that understands a Secret for a URL. */
  kindOf(secret: CredentialSecret, url: string): string | undefined
  close(): void
}

type Choice =
  | { readonly secret: CredentialSecret; readonly provider: CredentialProvider | undefined }
  | { readonly secret: undefined; readonly provider: CredentialProvider | undefined }

/**
 * Finds the credential for a URL as a Project sees it: the Project's own Secrets first, the shared ones second, then
 * Gantry's own identity at the cloud that the address is on. Resolves with undefined where access is to be anonymous.
 */
export function createCredentialLookup(options: CredentialLookupOptions): CredentialDirectory {
  const { listSecrets, providers, sharedNamespace, allowPlainHttp, redactor, log } = options
  const tokens = createTokenCache({
    clock: options.clock,
    onIssued: (token) => redactor.add(token),
    onExpired: (token) => redactor.remove(token),
  })
  const toolsOver = (http: HttpCapability): ExchangeTools => ({
    http,
    clock: options.clock,
    env: options.env,
    readFile: (path) => options.readFile(path),
    tokens,
    conceal: (value) => redactor.add(value),
  })
  const tools = toolsOver(options.http)
  const ambientTools = options.ambientHttp && toolsOver(options.ambientHttp)

  const namespacesOf = (project: string): readonly string[] => [
    ...new Set([project, ...(sharedNamespace === undefined ? [] : [sharedNamespace])]),
  ]
  const read = async (namespace: string, type: RepoType): Promise<CredentialSecret[]> =>
    (await listSecrets(namespace, type)).map((secret) =>
      toEntry(secret, type, namespace === sharedNamespace),
    )
  const providerOf = (secret: CredentialSecret, url: string) =>
    providers.find(
      (each) =>
        each.from === 'secret' && each.types.includes(secret.type) && each.matches(secret, url),
    )

  const choose = async ({
    project,
    type,
    url,
  }: Omit<CredentialRequest, 'refused' | 'signal'>): Promise<Choice> => {
    for (const namespace of namespacesOf(project)) {
      const secret = findCredential(await read(namespace, type), type, url, (entry, fit) =>
        log.warn(`credential passed over: ${whyNot[fit]}`, { namespace, secret: entry.name }),
      )
      if (secret !== undefined) return { secret, provider: providerOf(secret, url) }
    }
    const ambient = ambientTools && providers.find((each) => isAmbient(each, type, url))
    return { secret: undefined, provider: ambient }
  }

  const resolve = async (
    { secret, provider }: Choice,
    request: CredentialRequest,
  ): Promise<Credential | undefined> => {
    if (secret === undefined) {
      if (provider?.from !== 'ambient' || ambientTools === undefined) return undefined
      return provider.resolve(request, ambientTools)
    }
    if (provider?.from !== 'secret') {
      const { namespace, name } = secret
      log.warn(`credential passed over: ${unusable}`, { namespace, secret: name })
      return undefined
    }
    for (const key of provider.secretKeys) redactor.add(secret.data[key] ?? '')
    return provider.resolve(secret, request, tools)
  }

  return {
    async find(request) {
      if (!mayCarryCredentials(request.url, allowPlainHttp)) return undefined
      const choice = await choose(request)
      const { refused } = request
      if (refused?.password !== undefined) tokens.refused(refused.fingerprint, refused.password)
      try {
        const credential = await resolve(choice, request)
        for (const value of [credential?.password, credential?.sshPrivateKey])
          if (value !== undefined) redactor.add(value)
        return credential
      } catch (thrown) {
        throw explainFailure(thrown, choice)
      }
    },

    async explain({ project, type, url }) {
      const judged = await Promise.all(
        namespacesOf(project).map(async (namespace) =>
          judgeCredentials(await read(namespace, type), type, url),
        ),
      )
      const { secret, provider } = await choose({ project, type, url })
      const isServing = (entry: CredentialSecret): boolean =>
        entry.namespace === secret?.namespace && entry.name === secret.name
      return {
        secret,
        kind: provider?.kind,
        identity:
          secret !== undefined && provider?.from === 'secret'
            ? provider.identify(secret)
            : undefined,
        others: judged
          .flat()
          .flatMap(({ entry, fit }) =>
            fit === 'none' || isServing(entry) ? [] : [{ secret: entry, fit }],
          ),
        refusal: mayCarryCredentials(url, allowPlainHttp)
          ? secret !== undefined && provider === undefined
            ? unusable
            : undefined
          : 'credentials do not go over plain http to another machine: use https, or let the operator set ALLOW_CREDENTIALS_OVER_HTTP',
      }
    },

    async list(project, type) {
      const found = await Promise.all(
        namespacesOf(project).map((namespace) => read(namespace, type)),
      )
      return found.flat()
    },

    kindOf: (secret, url) => providerOf(secret, url)?.kind,
    close: () => tokens.close(),
  }
}

const unusable = 'it holds nothing usable for this address, so access is anonymous'

/** Why an entry that was looked at does not serve. */
export const whyNot = {
  'bad-pattern': 'its repoURL is no regular expression',
  'any-host':
    'it is shared and its pattern is found only after the host, so it would be sent to any host: begin the pattern with the host',
} as const

function isAmbient(provider: CredentialProvider, type: RepoType, url: string): boolean {
  return provider.from === 'ambient' && provider.matches({ type, url })
}

/** The same failure, with which credential it was. */
function explainFailure(thrown: unknown, { secret, provider }: Choice): GantryError {
  const error = asGantryError(thrown)
  if (error.code === 'Canceled') return error
  const kind = provider?.kind ?? ''
  const what =
    secret === undefined
      ? `cannot use Gantry's own identity (${kind})`
      : `cannot use credential ${secret.namespace}/${secret.name} (${kind})`
  const { retryAfterMs } = error
  return new GantryError(error.code, `${what}: ${error.message}`, { cause: thrown, retryAfterMs })
}

function toEntry(secret: Secret, type: RepoType, shared: boolean): CredentialSecret {
  const data: Record<string, string> = {}
  for (const [key, value] of Object.entries(secret.data ?? {}))
    data[key] = Buffer.from(value, 'base64').toString('utf8')
  return {
    namespace: secret.metadata.namespace ?? '',
    name: secret.metadata.name,
    type,
    repoURL: data['repoURL'] ?? '',
    repoURLIsRegex: data['repoURLIsRegex'] === 'true',
    shared,
    annotations: secret.metadata.annotations ?? {},
    data,
  }
}
