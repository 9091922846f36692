import assert from 'node:assert/strict'
import { test } from 'node:test'
import { steps } from '../../plugins.gen.ts'
import { configProblems } from './step-config.ts'

function problems(kind: string, config: unknown): readonly string[] {
  const step = steps.find((each) => each.kind === kind)
  assert.ok(step)
  return configProblems(step, config, 'config').map(({ field, why }) => `${field}: ${why}`)
}

test('every example of a step is right', () => {
  for (const { kind, example } of steps) assert.deepEqual(problems(kind, example), [], kind)
})

test('a field that the step does not know is named with the nearest that it knows', () => {
  assert.deepEqual(problems('git-clone', { repoUrl: 'https://x/r', checkout: [{ path: 'src' }] }), [
    'config.repoUrl: the step knows no such field (did you mean "repoURL"?)',
    'config.repoURL: the field is required',
  ])
  const updates = [{ key: 'a', value: '1', vaule: '${{ vars.x }}' }]
  assert.deepEqual(problems('yaml-update', { path: '${{ vars.path }}', updates }), [
    'config.updates[0].vaule: the step knows no such field (did you mean "value"?)',
  ])
})

test('what is written out is judged, also beside templates', () => {
  assert.deepEqual(problems('git-push', { path: 7 }), [
    'config.path: expected a string, found the number 7',
  ])
  assert.deepEqual(problems('copy', { inPath: '${{ vars.from }}' }), [
    'config.outPath: the field is required',
  ])
  assert.deepEqual(problems('git-clear', undefined), ['config.path: the field is required'])
})

test('a rule about several fields is said in words', () => {
  const images = [{ image: 'nginx' }]
  assert.deepEqual(problems('kustomize-set-image', { path: 'base', images }), [
    'config.images[0]: exactly one of tag and digest must be set',
  ])
  const rules: readonly (readonly [string, object])[] = [
    ['delete', { path: 'a', paths: ['b'] }],
    ['git-push', { path: 'a', targetBranch: 'b', generateTargetBranch: true }],
    ['http', { url: 'https://example.com', body: 'a', bodyFromFile: 'b' }],
    ['git-clone', { repoURL: 'https://x/r', checkout: [{ path: 'a', branch: 'b', tag: 'c' }] }],
  ]
  for (const [kind, config] of rules)
    assert.doesNotMatch(problems(kind, config).join(), /schema|^$/, kind)
})

test('a field of older releases of Kargo is named with what to write instead', () => {
  assert.deepEqual(problems('git-commit', { path: 'out', messageFromSteps: ['update'] }), [
    'config.messageFromSteps: the step knows no such field: write message, as in ${{ outputs.update.commitMessage }}',
    'config.message: the field is required',
  ])
  assert.deepEqual(problems('git-push', { path: 'out', branch: 'main' }), [
    'config.branch: the step knows no such field: write targetBranch',
  ])
  const checkout = [{ path: 'src', fromFreight: true }]
  assert.deepEqual(problems('git-clone', { repoURL: 'https://x/r', checkout }), [
    'config.checkout[0].fromFreight: the step knows no such field: write commit, as in ${{ commitFrom(vars.repoURL).ID }}',
  ])
})

test('what only the run knows is left to the run', () => {
  assert.deepEqual(
    problems('git-clone', { repoURL: '${{ vars.r }}', checkout: '${{ vars.c }}' }),
    [],
  )
  const checkout = [{ path: 'src', create: '${{ vars.create == "yes" }}', branch: '${{ vars.b }}' }]
  assert.deepEqual(problems('git-clone', { repoURL: 'https://x/r', checkout }), [])
  assert.deepEqual(problems('git-push', { path: 'src', maxAttempts: '${{ vars.n }}' }), [])
})

test('what takes any field takes any', () => {
  assert.deepEqual(problems('compose-output', { a: 1, b: { c: '${{ d }}' } }), [])
})
