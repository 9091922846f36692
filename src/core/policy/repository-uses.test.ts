import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupUses, type StepsOwner, useOf, usesOfSteps } from './repository-uses.ts'

const context = {
  by: 'Stage test',
  ctx: { project: 'demo', stage: 'test' },
  isGitStep: (kind: string) => kind.startsWith('git-'),
  task: ({ name }: { name: string }): StepsOwner | undefined =>
    name === 'push'
      ? {
          vars: [{ name: 'repo', value: 'https://x.test/default' }],
          steps: [{ uses: 'git-push', config: { repoURL: '${{ vars.repo }}' } }],
        }
      : undefined,
}

function urls(owner: StepsOwner): readonly string[] {
  return usesOfSteps(owner, context).uses.map(({ url }) => url)
}

const clone = (repoURL: string) => ({ uses: 'git-clone', as: 'c', config: { repoURL } })

test('addresses are found literally, and by variables of Stage and step', () => {
  const vars = [
    { name: 'host', value: 'https://x.test' },
    { name: 'repo', value: '${{ vars.host }}/${{ ctx.project }}' },
  ]
  assert.deepEqual(urls({ steps: [clone('https://x.test/a')] }), ['https://x.test/a'])
  assert.deepEqual(urls({ vars, steps: [clone('${{vars.repo}}/${{ ctx.stage }}.git')] }), [
    'https://x.test/demo/test.git',
  ])
  const step = {
    ...clone('${{ vars.repo }}'),
    vars: [{ name: 'repo', value: 'https://own.test/a' }],
  }
  assert.deepEqual(urls({ vars, steps: [step] }), ['https://own.test/a'])
})

test('tasks are looked into; what the step says wins over their defaults', () => {
  const task = { name: 'push' }
  assert.deepEqual(urls({ steps: [{ task }] }), ['https://x.test/default'])
  const vars = [{ name: 'repo', value: 'https://x.test/given' }]
  assert.deepEqual(urls({ steps: [{ task, vars }] }), ['https://x.test/given'])
  assert.deepEqual(urls({ steps: [{ task: { name: 'gone' } }] }), [])
})

test('an address that depends on anything else is unknown, never half of one', () => {
  for (const repoURL of [
    '${{ outputs.a.url }}',
    "https://x.test/${{ secret('s').name }}",
    '${{ vars.missing }}',
    '${{ vars.repo + "x" }}',
    '${{ ctx.constructor }}',
    '${{ vars.repo',
  ]) {
    const found = usesOfSteps(
      { vars: [{ name: 'repo', value: 'r' }], steps: [clone(repoURL)] },
      context,
    )
    assert.deepEqual(found, { uses: [], unknown: ['Stage test, step c'] }, repoURL)
  }
  const hidden = [
    { name: 'a', value: 'https://x.test/a' },
    { name: 'a', value: '${{ outputs.b }}' },
  ]
  assert.deepEqual(urls({ vars: hidden, steps: [clone('${{ vars.a }}')] }), [])
})

test('steps that work with no repository are passed over', () => {
  assert.deepEqual(urls({ steps: [{ uses: 'http', config: { repoURL: 'https://x.test' } }] }), [])
  assert.deepEqual(urls({ steps: [{ uses: 'git-clear', config: { path: 'a' } }, {}] }), [])
})

test('one address is one entry, with everybody who works with it', () => {
  const use = (by: string, config: object) => useOf('git', by, config) ?? []
  const grouped = groupUses(
    [
      use('a', { repoURL: 'https://x.test' }),
      use('b', { repoURL: ' https://x.test ' }),
      use('c', { repoURL: 'https://x.test', insecureSkipTLSVerify: true }),
      use('a', { repoURL: 'https://x.test' }),
      use('d', { repoURL: '' }),
      use('e', { repoURL: 5 }),
    ].flat(),
  )
  const { type, url } = { type: 'git', url: 'https://x.test' }
  assert.deepEqual(grouped, [
    { type, url, insecureSkipTLSVerify: false, usedBy: ['a', 'b'] },
    { type, url, insecureSkipTLSVerify: true, usedBy: ['c'] },
  ])
})

test('a task within a task is not looked into, so that one that names itself comes to an end', () => {
  const again: StepsOwner = {
    steps: [
      { task: { name: 'again' } },
      { uses: 'git-clone', config: { repoURL: 'https://x.test' } },
    ],
  }
  const found = usesOfSteps(
    { steps: [{ task: { name: 'again' } }] },
    { ...context, task: () => again },
  )
  assert.deepEqual(
    found.uses.map(({ url }) => url),
    ['https://x.test'],
  )
})

test('an address is listed with its type, by whom it is used, and whether certificates count', () => {
  const config = { repoURL: ' https://x.test/a ', insecureSkipTLSVerify: true }
  const { uses } = usesOfSteps({ steps: [{ uses: 'git-push', config }] }, context)
  assert.deepEqual(uses, [
    {
      type: 'git',
      url: 'https://x.test/a',
      by: 'Stage test, step git-push',
      insecureSkipTLSVerify: true,
    },
  ])
  assert.equal(
    useOf('image', 'a', { repoURL: 'x', insecureSkipTLSVerify: 'yes' })?.insecureSkipTLSVerify,
    false,
  )
  assert.equal(useOf('image', 'a', { repoURL: '  ' }), undefined)
})

test('a step without a configuration works with nothing, and a variable without a value is empty', () => {
  assert.deepEqual(usesOfSteps({ steps: [{ uses: 'git-clone' }] }, context), {
    uses: [],
    unknown: [],
  })
  assert.deepEqual(urls({ vars: [{ name: 'v' }], steps: [clone('https://x.test${{ vars.v }}')] }), [
    'https://x.test',
  ])
})
