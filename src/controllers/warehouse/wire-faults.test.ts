import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sourceRemotes } from '../../../test/contracts/source-harness.ts'
import { startFaultProxy, type Fault } from '../../../test/servers/fault-proxy.ts'
import { as, minute, startWarehouses, warehouse } from '../../../test/warehouse-world.ts'
import { compareTags } from '../../core/policy/select-tags.ts'
import { WarehouseKind } from '../../core/kinds/warehouse.ts'
import { sources } from '../../plugins.gen.ts'

const faults: readonly (readonly [Fault, code: string])[] = [
  [{ kind: 'black-hole' }, 'Timeout'],
  [{ kind: 'early-eof' }, 'Unreachable'],
  [{ kind: 'truncated' }, 'Invalid'],
  [{ kind: 'wrong-length', by: -10 }, 'Invalid'],
  [{ kind: 'status', status: 401 }, 'Unauthorized'],
  [{ kind: 'status', status: 500 }, 'Unreachable'],
  // The last one: what it asks for lasts longer than this test.
  [{ kind: 'status', status: 429, headers: { 'retry-after': '3600' } }, 'RateLimited'],
]

const order = { strategy: 'SemVer', strict: true } as const

for (const remotes of sourceRemotes.filter(({ isHttp }) => isHttp))
  test(`${remotes.name}: whatever happens on the wire, the others go on, what was found is kept, and nothing goes back`, async (t) => {
    const broken = await remotes.start(t)
    const healthy = await remotes.start(t)
    const proxy = await startFaultProxy({ targetPort: broken.port })
    t.after(() => proxy.close())
    const { store, clock, get, freight, reason, until } = await startWarehouses(t, sources)
    let version = 0
    const publish = async (): Promise<string> => {
      const next = `1.${(version += 1)}.0`
      await broken.publish(next)
      await healthy.publish(next)
      return next
    }
    /** What status says was found best, by subscription. */
    const best = async (): Promise<string[]> => {
      const { discoveredArtifacts: found = {} } = (await get()).status ?? {}
      const lists = [
        ...(found.images ?? []).map(({ references = [] }) => references[0]?.tag),
        ...(found.charts ?? []).map(({ versions = [] }) => versions[0]),
        ...(found.results ?? []).map(({ artifactReferences = [] }) => artifactReferences[0]),
      ]
      return lists.map((each) => (typeof each === 'string' ? each : (each?.['version'] ?? '')))
    }
    const errors = async () => (await get()).status?.gantry?.subscriptionErrors ?? []
    const first = await publish()
    await store.create(
      WarehouseKind,
      warehouse([
        { name: 'broken', [remotes.kind]: broken.subscription(proxy.port) },
        { name: 'healthy', [remotes.kind]: healthy.subscription() },
      ]),
      as,
    )
    await reason('Ready', 'ArtifactsDiscovered')
    let before = first
    for (const [fault, code] of faults) {
      const made = (await freight()).length
      proxy.inject({ fault })
      const now = await publish()
      await clock.advance(6 * minute)
      const isHanging = code === 'Timeout'
      if (isHanging) {
        await until(() => proxy.log.some(({ fault: kind }) => kind === fault.kind))
        await clock.advance(11 * minute)
      }
      await until(async () => (await errors()).some((each) => each.code === code))
      await until(async () => (await best())[1] === now)
      assert.deepEqual(await best(), [before, now])
      const [error, ...others] = await errors()
      assert.deepEqual(others, [])
      assert.match(error?.message ?? '', /^subscription broken \(/)
      assert.equal((await freight()).length, made)
      if (code === 'RateLimited') break
      proxy.heal()
      proxy.log.length = 0
      await clock.advance(6 * minute)
      await until(async () => (await best())[0] === now)
      await reason('Ready', 'ArtifactsDiscovered')
      before = now
    }
    const tags = (await freight())
      .toSorted((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .map(({ images = [], charts = [], artifacts = [] }) => [
        ...images.map(({ tag = '' }) => tag),
        ...[...charts, ...artifacts].map((each) => each.version ?? ''),
      ])
    assert.equal(tags.length, faults.length)
    for (const [index, later] of tags.entries())
      for (const [which, tag] of later.entries())
        assert.ok((compareTags(tag, tags[index - 1]?.[which] ?? tag, order) ?? -1) >= 0)
  })
