import { toTimestamp } from '../../core/clock.ts'
import { GantryError } from '../../core/errors.ts'
import { operation, ok } from '../operation.ts'

const tag = 'system'

/** What anyone may know before signing in is `public`; the rest needs a sign-in and no further right. */
export const systemOperations = [
  operation({
    method: 'POST',
    path: '/v1beta1/login',
    summary: 'Exchange the admin password (as bearer) for a token.',
    tag,
    access: 'public',
    answers: { status: 200 },
    handle: async ({ headers, address, parts }) => {
      const password = /^Bearer (.+)$/.exec(headers.get('authorization') ?? '')?.[1]
      if (password === undefined) {
        throw new GantryError(
          'BadRequest',
          'send the admin password as `Authorization: Bearer <password>`',
        )
      }
      return ok({ idToken: await parts.login(password, address) })
    },
  }),
  operation({
    method: 'GET',
    path: '/v1beta1/system/public-server-config',
    summary: 'How to sign in here.',
    tag,
    access: 'public',
    answers: { status: 200 },
    handle: async ({ parts }) =>
      ok({ adminAccountEnabled: parts.passwordEnabled, skipAuth: false }),
  }),
  operation({
    method: 'GET',
    path: '/v1beta1/system/server-config',
    summary: 'Names that clients need.',
    tag,
    access: 'signed-in',
    answers: { status: 200 },
    handle: async ({ parts }) =>
      ok({
        argocdShards: {},
        secretManagementEnabled: parts.secretManagementEnabled,
        kargoNamespace: parts.namespaces.install,
        systemResourcesNamespace: parts.namespaces.system,
        sharedResourcesNamespace: parts.namespaces.shared,
        hasAnalysisRunLogsUrlTemplate: false,
      }),
  }),
  operation({
    method: 'GET',
    path: '/v1beta1/system/server-version',
    summary: 'The version of this server.',
    tag,
    access: 'signed-in',
    answers: { status: 200 },
    handle: async ({ parts }) =>
      ok({
        ...parts.version,
        gitTreeDirty: false,
        goVersion: '',
        compiler: 'node',
        platform: parts.version.platform,
      }),
  }),
  operation({
    method: 'GET',
    path: '/v1beta1/system/controller-heartbeats',
    summary: 'Which controllers are alive.',
    tag,
    access: 'signed-in',
    answers: { status: 200 },
    handle: async ({ parts }) => {
      const timestamp = toTimestamp(parts.clock.now())
      const status = parts.ready() ? 'Alive' : 'Dead'
      const controller = 'kargo-controller-unnamed'
      return ok({
        heartbeats: { [controller]: { controller, status, timestamp } },
        defaultController: controller,
      })
    },
  }),
]
