import assert from 'node:assert/strict'
import { test } from 'node:test'
import { steps } from '../../plugins.gen.ts'
import { configProblems } from './step-config.ts'

function problems(kind: string, config: unknown): readonly string[] {
  const step = steps.find((each) => each.kind === kind)
  assert.ok(step)
  return configProblems(step.config, config, 'config').map(({ field, why }) => `${field}: ${why}`)
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
