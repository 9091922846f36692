import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { tokenActor } from './api/api-tokens.ts'
import { createApp } from './api/app.ts'
import { createAuthenticator } from './api/auth.ts'
import { appListener, listen } from './api/listen.ts'
import type { ApiParts } from './api/parts.ts'
import { pluginCatalog } from './catalog.ts'
import { serverUrl } from './cli/settings.ts'
import type { Running, Serve, UpOptions } from './cli/up.ts'
import { storedKinds } from './core/kinds/index.ts'
import { createRedactor } from './core/redact.ts'
import { createLogger } from './lib/logger.ts'
import { createMetrics } from './lib/metrics.ts'
import { createPageFiles } from './lib/page-files.ts'
import { systemClock } from './lib/system-clock.ts'
import { sources, steps } from './plugins.gen.ts'
import { createAdmission } from './runtime/admission/index.ts'
import { createAuthorizer } from './runtime/authorizer.ts'
import { startJournalRetention } from './runtime/journal-retention.ts'
import { createManager } from './runtime/manager.ts'
import { createObjectGc } from './runtime/object-gc.ts'
import { adminSecrets } from './serve/admin-secrets.ts'
import { allControllers } from './serve/controllers.ts'
import { openHome } from './serve/home.ts'
import { openOutside } from './serve/outside.ts'
import { toNetworks } from './serve/read-env.ts'
import { readSourceSettings } from './serve/source-settings.ts'
import { ensureSystemRoles } from './serve/system-roles.ts'
import { inspectWaiting, runtimeGauges } from './serve/waiting.ts'
import {
  listenApart,
  openWebhooks,
  webhookGauges,
  webhooksUrl,
  withWebhooks,
} from './serve/webhooks.ts'
import { version } from './version.ts'

/** How long what runs may go on after Ctrl-C before it is cut off; a cut-off promotion resumes at the next start. */
const drainMs = 20_000
const answerGraceMs = 2000
const namespaces = {
  system: 'kargo-system-resources',
  shared: 'kargo-shared-resources',
  install: 'kargo',
} as const

/**
 * Puts a standalone Gantry together and starts it: the only place that knows every part. What was started before a
 * failure is stopped again, in reverse order.
 */
export const serve: Serve = async (options, env, knownToken) => {
  const parts = new AsyncDisposableStack()
  try {
    return await start(parts, options, env, knownToken)
  } catch (thrown) {
    await parts.disposeAsync()
    throw thrown
  }
}

async function start(
  parts: AsyncDisposableStack,
  options: UpOptions,
  env: NodeJS.ProcessEnv,
  knownToken: string | undefined,
): Promise<Running> {
  const admin = adminSecrets(options.host, env, knownToken)
  const clock = systemClock
  const redactor = createRedactor()
  const log = createLogger({ level: toLevel(env['GANTRY_LOG_LEVEL']), redactor })
  const authorizer = createAuthorizer({ globalNamespaces: [namespaces.install] })
  const admission = createAdmission({
    clock,
    random: (bytes) => randomBytes(bytes),
    sources: byKind(sources),
    sourceSettings: readSourceSettings(env),
    stepKinds: new Set(steps.map(({ kind }) => kind)),
    stepRules: byKind(steps),
    authorizer,
  })
  const home = await openHome(parts, { ...options, env, clock, admission })
  const { store, journal } = home
  const common = { env, clock, log, redactor, store }
  const outside = await openOutside(parts, {
    ...common,
    dataPath: home.folder.path,
    host: options.host,
    sharedNamespace: namespaces.shared,
  })
  const url = { current: serverUrl(options.host, options.port), webhooks: '' }
  const { controllers, discovery, stopWork } = allControllers({
    ...common,
    journal,
    sealer: home.sealer,
    outside,
    namespaces,
    uiBaseUrl: () => url.current,
    webhooksUrl: () => url.webhooks,
  })
  const collector = createObjectGc({ store, kinds: storedKinds, clock, log })
  const manager = createManager({
    store,
    journal,
    clock,
    log,
    kinds: storedKinds,
    controllers,
    observer: collector.observer,
  })

  let isReady = false
  let failure: Error | undefined
  const failed = store.failed.then((error) => {
    isReady = false
    failure = error
    throw error
  })
  failed.catch(() => undefined)
  const webhooks = openWebhooks(parts, {
    store,
    journal,
    clock,
    log,
    redactor,
    objects: manager.cache,
    systemNamespace: namespaces.system,
    ready: () => isReady,
  })
  redactor.add(admin.token)
  if (admin.password !== undefined) redactor.add(admin.password)
  const auth = createAuthenticator({
    clock,
    journal,
    adminToken: admin.token,
    adminPassword: admin.password,
    issuer: 'gantry',
    tokenActor: (token) => tokenActor(store, clock.now(), token),
  })
  const linkUrl = (): string => `${url.current}/session?code=${auth.issueLinkCode()}`
  const apiParts: ApiParts = {
    store,
    journal,
    clock,
    log,
    redactor,
    yaml: outside.yaml,
    authorize: (actor, request) => authorizer.authorize(actor, request, store),
    catalog: pluginCatalog,
    inspect: (query) => inspectWaiting(manager, query),
    discovery,
    checkCredentials: outside.checkCredentials,
    repositoryType: {
      ofSource: (kind) =>
        repositoryTypes[sources.find((each) => each.kind === kind)?.list ?? 'results'],
      isGitStep: (kind) => steps.find((each) => each.kind === kind)?.needs.includes('git') === true,
    },
    metrics: createMetrics([...runtimeGauges(manager), ...webhookGauges(webhooks)]),
    ready: () => isReady,
    failure: () => failure,
    login: (password, address) => auth.login(password, address),
    linkUrl,
    passwordEnabled: auth.passwordEnabled,
    secretManagementEnabled: env['GANTRY_SECRET_MANAGEMENT'] !== 'off',
    version: {
      version,
      gitCommit: '',
      buildDate: '',
      platform: `${process.platform}/${process.arch}`,
    },
    namespaces,
  }
  const stopping = new AbortController()
  const page = createPageFiles(join(import.meta.dirname, pageFolder))
  const app = createApp({
    parts: apiParts,
    auth,
    hosts: new Set([...localNames, options.host, ...options.allowedHost]),
    trustedProxies: toNetworks(env, 'GANTRY_TRUSTED_PROXIES'),
    page,
    stopping: stopping.signal,
  })
  const listening = await listen(withWebhooks(webhooks, appListener(app)), options)
  parts.defer(() => {
    stopping.abort()
    return listening.close(answerGraceMs)
  })
  url.current = serverUrl(options.host, listening.port)
  const ownWebhooksUrl = await listenApart(parts, webhooks, options)
  url.webhooks = webhooksUrl(options, env, ownWebhooksUrl, url.current)

  parts.defer(() => manager.stop(drainMs))
  parts.defer(stopWork)
  await Promise.race([manager.start(), failed])
  await ensureSystemRoles(store, namespaces)
  collector.start()
  parts.defer(() => collector.stop())
  parts.defer(startJournalRetention({ journal, clock, log }))
  isReady = true
  log.info('gantry is up', { url: url.current, data: options.data, version })
  return {
    url: url.current,
    webhooksUrl: ownWebhooksUrl,
    adminToken: admin.token,
    link: linkUrl(),
    stop: () => parts.disposeAsync(),
    failed,
  }
}

/** The type of credential that each list of artifacts is found with. */
const repositoryTypes = { git: 'git', images: 'image', charts: 'helm', results: undefined } as const

const localNames = ['localhost', '127.0.0.1', '::1']
/** Where the built page lies: beside the bundle, or in `dist` when the sources run as they are. */
const pageFolder = import.meta.filename.endsWith('.ts') ? '../dist/ui' : './ui'

const levels = ['debug', 'info', 'warn', 'error', 'silent'] as const

function toLevel(text: string | undefined): (typeof levels)[number] {
  return levels.find((level) => level === text) ?? 'warn'
}

function byKind<P extends { readonly kind: string }>(
  plugins: readonly P[],
): ReadonlyMap<string, P> {
  return new Map(plugins.map((plugin) => [plugin.kind, plugin]))
}
