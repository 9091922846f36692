import { GantryError } from '../../core/errors.ts'
import { ok, operation } from '../operation.ts'

export const healthOperations = [
  operation({
    method: 'GET',
    path: '/healthz',
    summary: 'Whether the process is alive.',
    tag: 'health',
    access: 'public',
    handle: async () => ({ type: 'text', status: 200, body: 'ok\n', contentType: 'text/plain' }),
  }),
  operation({
    method: 'GET',
    path: '/readyz',
    summary: 'Whether caches are filled and controllers run.',
    tag: 'health',
    access: 'public',
    handle: async ({ parts }) => {
      // An answer that probes expect, not a failed request.
      if (!parts.ready()) {
        const { code, http, message } = new GantryError(
          'Unavailable',
          'still starting: the caches are being filled',
        )
        return ok({ error: message, code }, http)
      }
      return { type: 'text', status: 200, body: 'ok\n', contentType: 'text/plain' }
    },
  }),
  operation({
    method: 'GET',
    path: '/metrics',
    summary: 'Prometheus metrics; they carry no names of objects.',
    tag: 'health',
    access: 'public',
    handle: async ({ parts }) => ({
      type: 'text',
      status: 200,
      body: await parts.metrics(),
      contentType: 'text/plain; version=0.0.4',
    }),
  }),
]
