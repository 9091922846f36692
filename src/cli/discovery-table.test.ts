import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDiscovery } from './discovery-table.ts'

test('each subscription has a row with its looks, what they cost and what is wrong', () => {
  const text = formatDiscovery([
    {
      warehouse: 'web',
      now: '2026-01-01T00:10:00Z',
      subscriptions: [
        {
          index: 0,
          type: 'image',
          remote: 'ghcr.io/example/app',
          state: 'Current',
          isFresh: true,
          lastLookAt: '2026-01-01T00:08:00Z',
          nextLookAt: '2026-01-01T00:13:00Z',
          changedAt: '2025-12-31T00:10:00Z',
          failures: 0,
          requests: { lastLook: 2, total: 17 },
          budgets: [{ host: 'ghcr.io', remaining: 90, limit: 100 }],
          artifacts: 3,
          best: '1.2.0',
        },
        {
          index: 1,
          name: 'manifests',
          state: 'Failing',
          isFresh: false,
          runningSince: '2026-01-01T00:09:55Z',
          failures: 4,
          error: { code: 'Unreachable', message: 'cannot connect', since: '2026-01-01T00:00:00Z' },
          requests: { lastLook: 0, total: 0 },
          budgets: [],
          artifacts: 0,
        },
      ],
    },
  ])
  const [header = '', first = '', second = ''] = text.split('\n')
  assert.deepEqual(header.split(/ {3,}/).slice(0, 4), [
    'WAREHOUSE',
    'SUBSCRIPTION',
    'STATE',
    'BEST',
  ])
  assert.deepEqual(first.split(/ {3,}/), [
    'web',
    '0 (image ghcr.io/example/app)',
    'Current',
    '1.2.0',
    '2m ago',
    'in 3m',
    '1d ago',
    '2 (17)',
    'ghcr.io 90/100',
  ])
  assert.match(second, /manifests +Failing .*now, since 5s.*Unreachable for 10m: cannot connect$/)
})
