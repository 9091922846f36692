import type { JsonObject } from '../core/json.ts'
import type { GaugeSource } from '../lib/metrics.ts'
import type { Manager } from '../runtime/manager.ts'

/** What waits, for what, since when and until when, as the API shows it. */
export function inspectWaiting(
  manager: Manager,
  query: { namespace?: string | undefined; kind?: string | undefined; name?: string | undefined },
): JsonObject[] {
  return manager
    .inspect()
    .filter(
      (item) =>
        (query.namespace === undefined || item.namespace === query.namespace) &&
        (query.kind === undefined || item.kind === query.kind) &&
        (query.name === undefined || item.name === query.name),
    )
    .map(({ reasons, error, ...item }) => ({
      ...item,
      reasons: reasons.map((reason) => ({ ...reason })),
      ...(error && { error: { code: error.code, message: error.message } }),
    }))
}

/** The work queues and status writes, for Prometheus. Labels are controllers, never objects. */
export function runtimeGauges(manager: Manager): readonly GaugeSource[] {
  const perController =
    (read: (stats: ReturnType<Manager['stats']>['controllers'][string]) => number) => () =>
      Object.entries(manager.stats().controllers).map(([controller, stats]) => ({
        labels: { controller },
        value: read(stats),
      }))
  return [
    {
      name: 'gantry_queue_ready',
      help: 'Objects that wait for a worker.',
      labels: ['controller'],
      read: perController(({ ready }) => ready),
    },
    {
      name: 'gantry_queue_running',
      help: 'Objects that are looked at now.',
      labels: ['controller'],
      read: perController(({ running }) => running),
    },
    {
      name: 'gantry_queue_delayed',
      help: 'Objects with a later look.',
      labels: ['controller'],
      read: perController(({ delayed }) => delayed),
    },
    {
      name: 'gantry_status_writes',
      help: 'Status writes since the start.',
      labels: ['controller'],
      read: perController(({ writes }) => writes),
    },
    {
      name: 'gantry_clock_jumps',
      help: 'Steps of the wall clock since the start.',
      labels: [],
      read: () => [{ labels: {}, value: manager.stats().clockJumps }],
    },
  ]
}
