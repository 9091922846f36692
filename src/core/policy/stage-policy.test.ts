import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { supersedeAnnotation } from './annotations.ts'
import { sampleStage } from '../../../test/policy/samples.ts'
import { matchesSelector, stagePolicy } from './stage-policy.ts'
import type { PolicySources, ProjectConfigView, SelectorView } from './stage-policy.ts'

type Policies = NonNullable<ProjectConfigView['spec']>['promotionPolicies']

const stage = sampleStage('uat-eu', { labels: { tier: 'uat', region: 'eu' } })

function config(promotionPolicies: Policies): PolicySources {
  return { projectConfig: { metadata: { name: 'demo' }, spec: { promotionPolicies } } }
}

function enabled(policies: Policies): boolean {
  return stagePolicy(stage, config(policies)).autoPromotionEnabled
}

function matches(selector: SelectorView): boolean {
  return matchesSelector(stage, selector)
}

describe('auto-promotion is enabled', () => {
  const on = { autoPromotionEnabled: true }

  it('never without a policy that matches', () => {
    assert.deepEqual(stagePolicy(stage, {}), {
      autoPromotionEnabled: false,
      supersedeQueued: false,
      windows: [],
    })
    assert.equal(
      stagePolicy(stage, { projectConfig: { metadata: { name: 'demo' } } }).windows.length,
      0,
    )
    assert.equal(enabled([]), false)
    assert.equal(enabled([{ stage: 'uat', ...on }]), false)
    assert.equal(enabled([{ ...on }]), false)
    assert.equal(enabled([{ stage: 'uat-eu' }]), false)
    assert.equal(enabled([{ stage: 'uat-eu', autoPromotionEnabled: false }]), false)
  })

  it('by the exact name of the Stage', () => {
    assert.equal(enabled([{ stage: 'uat-eu', ...on }]), true)
    assert.equal(enabled([{ stageSelector: { name: 'uat-eu' }, ...on }]), true)
  })

  it('by the first policy that matches, whatever later ones say', () => {
    const off = { stageSelector: { name: 'glob:uat-*' }, autoPromotionEnabled: false }
    const all = { stageSelector: {}, ...on }
    assert.equal(enabled([off, all]), false)
    assert.equal(enabled([all, off]), true)
  })

  it('never when a pattern cannot be read, and then it says why', () => {
    for (const name of ['regex:(', 'glob:[', 'exact:uat-eu', 'a:b']) {
      const policy = stagePolicy(stage, config([{ stageSelector: { name }, ...on }]))
      assert.equal(policy.autoPromotionEnabled, false, name)
      assert.match(policy.problem ?? '', /^[a-z].{20,}[^.]$/u)
    }
    const policy = stagePolicy(stage, config([{ stageSelector: {}, ...on }]))
    assert.equal(policy.problem, undefined)
  })
})

describe('selectors', () => {
  it('a plain name is exact, a regex is searched anywhere, a glob is matched as a whole', () => {
    assert.equal(matches({ name: 'uat' }), false)
    for (const prefix of ['regex:', 'regexp:']) {
      assert.equal(matches({ name: `${prefix}at` }), true)
      assert.equal(matches({ name: `${prefix}^at` }), false)
      assert.equal(matches({ name: `${prefix}^uat-(eu|us)$` }), true)
    }
    assert.equal(matches({ name: 'glob:uat-*' }), true)
    assert.equal(matches({ name: 'glob:{uat,qa}-e?' }), true)
    assert.equal(matches({ name: 'glob:uat' }), false)
  })

  it('name and labels both have to match; an empty selector matches everything', () => {
    assert.equal(matches({}), true)
    assert.equal(matches({ name: '' }), true)
    assert.equal(matches({ matchLabels: { tier: 'uat' } }), true)
    assert.equal(matches({ matchLabels: { tier: 'uat', region: 'us' } }), false)
    assert.equal(matches({ name: 'uat-eu', matchLabels: { tier: 'prod' } }), false)
    assert.equal(matches({ name: 'other', matchLabels: { tier: 'uat' } }), false)
    const key = 'region'
    assert.equal(matches({ matchExpressions: [{ key, operator: 'In', values: ['eu'] }] }), true)
    assert.equal(matches({ matchExpressions: [{ key, operator: 'NotIn', values: ['eu'] }] }), false)
    assert.equal(matches({ matchExpressions: [{ key: 'x', operator: 'Exists' }] }), false)
    assert.equal(matches({ matchExpressions: [{ key: 'x', operator: 'DoesNotExist' }] }), true)
  })
})

describe('promotion windows', () => {
  const window = { name: 'night' }

  function windows(sources: PolicySources): readonly string[] {
    return stagePolicy(stage, sources).windows
  }

  it('of the Project apply to the Stages that they select, or to all', () => {
    const promotionWindows = [
      window,
      { name: 'eu', stageSelector: { matchLabels: { region: 'eu' } } },
      { name: 'us', stageSelector: { matchLabels: { region: 'us' } } },
    ]
    const projectConfig = { metadata: { name: 'demo' }, spec: { promotionWindows } }
    assert.deepEqual(windows({ projectConfig }), ['night', 'eu'])
  })

  it('of the cluster apply to the Projects that they select, by name and labels', () => {
    const promotionWindows = [
      window,
      { name: 'demo', projectSelector: { name: 'demo' } },
      { name: 'other', projectSelector: { name: 'other' } },
      { name: 'team', projectSelector: { matchLabels: { team: 'a' } } },
      { name: 'us', stageSelector: { matchLabels: { region: 'us' } } },
    ]
    const clusterConfig = { spec: { promotionWindows } }
    assert.deepEqual(windows({ clusterConfig }), ['night', 'demo'])
    const project = { metadata: { name: 'demo', labels: { team: 'a' } } }
    assert.deepEqual(windows({ clusterConfig, project }), ['night', 'demo', 'team'])
    assert.deepEqual(windows({ clusterConfig: {} }), [])
  })

  it('that are switched off apply to nothing', () => {
    const promotionWindows = [
      { ...window, disabled: true },
      { name: 'day', disabled: false },
    ]
    const projectConfig = { metadata: { name: 'demo' }, spec: { promotionWindows } }
    assert.deepEqual(windows({ projectConfig }), ['day'])
    assert.deepEqual(windows({ clusterConfig: { spec: { promotionWindows } } }), ['day'])
  })

  it('whose selector cannot be read apply: what is unclear never opens a gate', () => {
    const promotionWindows = [{ name: 'bad', stageSelector: { name: 'regex:(' } }]
    const projectConfig = { metadata: { name: 'demo' }, spec: { promotionWindows } }
    assert.deepEqual(windows({ projectConfig }), ['bad'])
    const cluster = {
      spec: { promotionWindows: [{ name: 'bad', projectSelector: { name: 'x:y' } }] },
    }
    assert.deepEqual(windows({ clusterConfig: cluster }), ['bad'])
  })
})

describe('superseding is asked for', () => {
  function superseding(stageValue: string | undefined, configValue: string | undefined): boolean {
    const annotated = (value: string | undefined): Record<string, string> =>
      value === undefined ? {} : { [supersedeAnnotation]: value }
    const projectConfig = { metadata: { name: 'demo', annotations: annotated(configValue) } }
    const own = sampleStage('uat', { annotations: annotated(stageValue) })
    return stagePolicy(own, { projectConfig }).supersedeQueued
  }

  it('by an annotation of the Stage, else of the ProjectConfig', () => {
    assert.equal(superseding(undefined, undefined), false)
    assert.equal(superseding('true', undefined), true)
    assert.equal(superseding(undefined, 'true'), true)
    assert.equal(superseding('false', 'true'), false)
    assert.equal(superseding('true', 'false'), true)
    assert.equal(superseding('yes', undefined), false)
  })
})
