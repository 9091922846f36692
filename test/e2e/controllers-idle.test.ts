import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freightManifest, manifest, stageManifest } from '../admission-kit.ts'
import { autoEverywhere, type ControllersHome, startHome } from './controllers-home.ts'

const hourMs = 3_600_000

test('a system in which nothing changes writes nothing for a day', async (t) => {
  const home = await startHome(t)
  await home.create(autoEverywhere)
  await home.create(stageManifest('test'))
  await home.create(stageManifest('gate', { upstream: ['test'], steps: [] }))
  await home.create(stageManifest('uat', { upstream: ['gate'] }))
  await home.create(stageManifest('broken', { upstream: ['nowhere'] }))
  const spec = { verification: { analysisTemplates: [{ name: 'errors' }] } }
  await home.create(stageManifest('blocked', { upstream: ['test'], spec }))
  home.outcomes.set('uat', 'Failed')
  await home.addFreight('1')
  await home.clock.advance(60_000)
  assert.deepEqual(await home.promotions('uat'), ['1:Failed'])
  home.writes.length = 0
  const records = await home.journal.range({ limit: 1, order: 'desc' })
  await home.clock.advance(24 * hourMs)
  assert.deepEqual(home.writes, [])
  assert.deepEqual(await home.journal.range({ limit: 1, order: 'desc' }), records)
})

/** Lines of four Stages through which Freight travels; in the others there is none yet. */
const busyLines = process.env['GANTRY_LONG'] === '1' ? 250 : 10

test('a thousand Stages come to rest, and then write nothing', async (t) => {
  const home = await startHome(t)
  await home.create(autoEverywhere)
  for (let line = 0; line < 250; line++) await addLine(home, line, line < busyLines)
  await home.clock.advance(20_000)
  for (const name of ['dev-0', 'prod-0', `prod-${busyLines - 1}`])
    assert.equal(await home.condition(name, 'Ready'), 'True/Verified', name)
  if (busyLines < 250) assert.equal(await home.condition('prod-249', 'Ready'), 'False/NoFreight')
  home.writes.length = 0
  await home.clock.advance(6 * hourMs)
  assert.deepEqual(home.writes, [])
  const busy = home.manager.inspect().filter(({ kind }) => kind === 'Stage')
  assert.deepEqual(busy, [])
})

/** A Warehouse, four Stages in a row, and one Freight for them. */
async function addLine(home: ControllersHome, line: number, withFreight: boolean): Promise<void> {
  const origin = { kind: 'Warehouse', name: `w-${line}` }
  const repoURL = `ghcr.io/example/app-${line}`
  await home.create({
    ...manifest('Warehouse', origin.name, {}),
    spec: { subscriptions: [{ image: { repoURL } }] },
  })
  let upstream: string | undefined
  for (const stage of ['dev', 'test', 'uat', 'prod']) {
    const sources = upstream === undefined ? { direct: true } : { stages: [upstream] }
    upstream = `${stage}-${line}`
    await home.create(
      stageManifest(upstream, { spec: { requestedFreight: [{ origin, sources }] } }),
    )
  }
  const images = [{ repoURL, tag: '1', digest: 'sha256:1' }]
  if (withFreight) await home.create(freightManifest('1', { origin, images }))
}

test('starting over a store that is at rest writes nothing', async (t) => {
  const first = await startHome(t)
  await first.create(autoEverywhere)
  await first.create(stageManifest('test'))
  await first.create(stageManifest('uat', { upstream: ['test'] }))
  await first.addFreight('1')
  await first.clock.advance(60_000)
  await first.restart()
  first.writes.length = 0
  await first.clock.advance(hourMs)
  assert.deepEqual(first.writes, [])
  assert.equal(await first.at('uat'), '1')
})
