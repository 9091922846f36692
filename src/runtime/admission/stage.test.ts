import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { adminActor, controllerActor } from '../../core/actor.ts'
import {
  assertRefused,
  createDemoHome,
  manifest,
  stageManifest,
  userActor,
  warehouseManifest,
} from '../../../test/admission-kit.ts'

const origin = { kind: 'Warehouse', name: 'w' }
const stepsField = 'spec.promotionTemplate.spec.steps'

function withSources(sources: object): object {
  return stageManifest('test', { spec: { requestedFreight: [{ origin, sources }] } })
}

/** Where the warnings are about, in alphabetical order. */
function sortedPlaces(warnings: readonly string[]): string[] {
  const places = warnings.map((warning) => warning.split(': ')[0] ?? '')
  return places.sort((a, b) => a.localeCompare(b))
}

describe('admission of Stages', () => {
  it('takes a Stage without a word when everything is there', async () => {
    const home = await createDemoHome()
    await home.create(warehouseManifest)
    const { warnings, object } = await home.create(
      stageManifest('test', { spec: { shard: 'eu' }, steps: [{ uses: 'copy', as: 'c' }] }),
    )
    assert.deepEqual(warnings, [])
    assert.deepEqual(object.metadata.labels, { 'kargo.akuity.io/shard': 'eu' })
  })

  it('fills in the kinds of tasks and templates', async () => {
    const home = await createDemoHome()
    const { object } = await home.create(
      stageManifest('test', {
        steps: [{ task: { name: 't' } }],
        spec: { verification: { analysisTemplates: [{ name: 'a' }] } },
      }),
    )
    const text = JSON.stringify(object)
    assert.match(text, /"task":\{"name":"t","kind":"PromotionTask"\}/)
    assert.match(text, /\{"name":"a","kind":"AnalysisTemplate"\}/)
  })

  it('refuses one origin twice', async () => {
    const home = await createDemoHome()
    const request = { origin, sources: { direct: true } }
    const twice = stageManifest('test', { spec: { requestedFreight: [request, request] } })
    await assertRefused(home.create(twice), 'Invalid', 'spec.requestedFreight[1].origin')
  })

  it('lets MatchUpstream go with exactly one upstream Stage and nothing else', async () => {
    const home = await createDemoHome()
    const autoPromotionOptions = { selectionPolicy: 'MatchUpstream' }
    const wrong = [{ direct: true, stages: ['a'] }, { stages: ['a', 'b'] }, {}, { stages: [] }]
    for (const sources of wrong) {
      const attempt = home.create(withSources({ ...sources, autoPromotionOptions }))
      await assertRefused(
        attempt,
        'Invalid',
        'spec.requestedFreight[0].sources.autoPromotionOptions.selectionPolicy',
      )
    }
    await home.create(withSources({ stages: ['a'], autoPromotionOptions }))
  })

  it('refuses unreadable soak times', async () => {
    const home = await createDemoHome()
    for (const requiredSoakTime of ['1d', '5', 'x', '-1h', '']) {
      await assertRefused(home.create(withSources({ direct: true, requiredSoakTime })), 'Invalid')
    }
  })

  it('refuses aliases that are there twice or given by position', async () => {
    const home = await createDemoHome()
    const copy = (as: string): object => ({ uses: 'copy', as })
    const attempt = (...steps: object[]): Promise<unknown> =>
      home.create(stageManifest('test', { steps }))
    await assertRefused(attempt(copy('a'), copy(' a ')), 'Invalid', `${stepsField}[1].as`)
    await assertRefused(attempt(copy('step-1')), 'Invalid', `${stepsField}[0].as`)
    await assertRefused(attempt(copy('task-12')), 'Invalid', `${stepsField}[0].as`)
    await attempt(copy('step-x'), copy(''), copy(''))
  })

  it('wants each step to use a kind or a task, and nothing on a task that belongs to its steps', async () => {
    const home = await createDemoHome()
    const task = { name: 't' }
    const attempt = (step: object): Promise<unknown> =>
      home.create(stageManifest('test', { steps: [step] }))
    await assertRefused(attempt({}), 'Invalid', `${stepsField}[0]`)
    await assertRefused(attempt({ uses: 'copy', task }), 'Invalid', `${stepsField}[0]`)
    const extras = { continueOnError: true, retry: {}, if: 'x', config: {} }
    for (const [key, value] of Object.entries(extras)) {
      await assertRefused(attempt({ task, [key]: value }), 'Invalid', `${stepsField}[0].${key}`)
    }
    await attempt({ task, as: 'x', vars: [{ name: 'a', value: 'b' }] })
  })

  it('warns of what it refers to and is not there, and takes it', async () => {
    const home = await createDemoHome()
    const { warnings } = await home.create(
      stageManifest('test', {
        upstream: ['gone'],
        steps: [{ uses: 'git-clne' }, { task: { name: 't', kind: 'ClusterPromotionTask' } }],
        spec: { verification: { analysisTemplates: [{ name: 'a' }] } },
      }),
    )
    const text = warnings.join('\n')
    assert.equal(warnings.length, 5)
    assert.match(text, /Warehouse "w"/)
    assert.match(text, /Stage "gone"/)
    assert.match(text, /ClusterPromotionTask "t"/)
    assert.match(text, /AnalysisTemplate "a"/)
    assert.match(text, /no step "git-clne" \(did you mean "git-clone"\?\)/)
  })

  it('warns of a request without any source, and of targets', async () => {
    const home = await createDemoHome()
    await home.create(warehouseManifest)
    assert.equal((await home.create(withSources({}))).warnings.length, 1)
    const targets = stageManifest('prod', { spec: { targets: { selectors: [{}] } } })
    assert.equal((await home.create(targets)).warnings.length, 1)
  })

  it('warns of expressions that cannot be read, wherever they stand', async () => {
    const home = await createDemoHome()
    await home.create(warehouseManifest)
    const bad = '${{ 1 + }}'
    const { warnings } = await home.create(
      stageManifest('test', {
        spec: { vars: [{ name: 'a', value: bad }] },
        steps: [
          { uses: 'copy', if: '${{ success() && status("x") == "Succeeded" }}' },
          { uses: 'copy', if: bad, config: { list: [{ deep: '${{ imageFrom().Tag }}' }] } },
          {
            uses: 'copy',
            vars: [{ name: 'b', value: '${{ unclosed' }],
            config: { a: '${{ vars.b }}' },
          },
        ],
      }),
    )
    assert.deepEqual(sortedPlaces(warnings), [
      'spec.promotionTemplate.spec.steps[1].config.list[0].deep',
      'spec.promotionTemplate.spec.steps[1].if',
      'spec.promotionTemplate.spec.steps[2].vars.b',
      'spec.vars.a',
    ])
  })

  it('warns of Stages that wait for each other in a circle', async () => {
    const home = await createDemoHome()
    await home.create(warehouseManifest)
    await home.create(stageManifest('a', { upstream: ['c'] }))
    await home.create(stageManifest('b', { upstream: ['a'] }))
    const { warnings } = await home.create(stageManifest('c', { upstream: ['b'] }))
    assert.equal(warnings.length, 1)
    assert.match(warnings[0] ?? '', /c -> b -> a -> c/)
    const self = await home.create(stageManifest('d', { upstream: ['d'] }))
    assert.match(self.warnings.join(), /d -> d/)
    // One that lies before it is not its own.
    assert.deepEqual((await home.create(stageManifest('z', { upstream: ['a'] }))).warnings, [])
    // A diamond is no circle.
    await home.create(stageManifest('e', {}))
    await home.create(stageManifest('f', { upstream: ['e'] }))
    await home.create(stageManifest('g', { upstream: ['e'] }))
    assert.deepEqual((await home.create(stageManifest('h', { upstream: ['f', 'g'] }))).warnings, [])
  })

  it('does not judge a spec again that does not change', async () => {
    const home = await createDemoHome()
    const made = await home.create(stageManifest('test'))
    assert.ok(made.warnings.length > 0)
    const metadata = { ...made.object.metadata, annotations: { a: 'b' } }
    assert.deepEqual((await home.update({ ...made.object, metadata })).warnings, [])
  })

  it('writes down who asks for a verification, and believes only its own parts', async () => {
    const home = await createDemoHome()
    const made = await home.create(stageManifest('test'))
    const request = async (text: string, actor = userActor('dev')): Promise<unknown> => {
      const annotations = { 'kargo.akuity.io/reverify': text }
      const { uid: _uid, resourceVersion: _version, ...metadata } = made.object.metadata
      const next = await home.update(
        { ...made.object, metadata: { ...metadata, annotations } },
        actor,
      )
      return next.object.metadata.annotations?.['kargo.akuity.io/reverify']
    }
    const dev = '"actor":"email:dev@example.com"'
    assert.equal(await request('v1'), `{"id":"v1",${dev}}`)
    assert.equal(
      await request('{"id":"v2","actor":"admin","controlPlane":true}'),
      `{"id":"v2",${dev}}`,
    )
    const engine = controllerActor('promotion')
    assert.equal(
      await request('{"id":"v3","actor":"x"}', engine),
      '{"id":"v3","actor":"x","controlPlane":true}',
    )
    const signed = '{"id":"v5","actor":"email:dev@example.com"}'
    assert.equal(await request('v5'), signed)
    assert.equal(await request(signed, adminActor), signed)
    for (const odd of ['"v4"', '5', '{}', '{"id":1}']) assert.equal(await request(odd), odd)
  })
})

describe('admission of PromotionTasks', () => {
  it('checks aliases and refuses tasks within tasks', async () => {
    const home = await createDemoHome()
    for (const kind of ['PromotionTask', 'ClusterPromotionTask']) {
      const attempt = (...steps: object[]): Promise<{ warnings: readonly string[] }> =>
        home.create(manifest(kind, 't', { spec: { steps } }))
      const copy = { uses: 'copy', as: 'x' }
      await assertRefused(attempt(copy, copy), 'Invalid', 'spec.steps[1].as')
      await assertRefused(attempt({ task: { name: 'x' } }), 'Invalid', 'spec.steps[0].task')
      await assertRefused(attempt({ as: 'x' }), 'Invalid', 'spec.steps[0].uses')
      await assertRefused(attempt(), 'Invalid', 'spec.steps')
      assert.equal((await attempt(copy, { uses: 'nothing-like-it' })).warnings.length, 1)
    }
  })
})
