import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluate, evaluateBool, ExpressionError } from '../index.ts'
import { evaluateTemplate } from '../template.ts'
import { commitEnvironment, tagEnvironment } from './git-filter.ts'
import { hasArtifactsForCriteria, Need, promotionFunctions, resolveNeeds } from './index.ts'
import type { Snapshot } from './index.ts'
import { webhookEnvironment } from './webhook.ts'

const functionsOver = (snapshot: Snapshot) =>
  promotionFunctions({ project: 'shop', requestedFreight: [], freight: [], snapshot })

test('what the snapshot lacks is asked for by its key', () => {
  const ask = (template: string): string => {
    try {
      evaluateTemplate(template, {}, { functions: functionsOver(new Map()) })
      return 'nothing'
    } catch (thrown) {
      return thrown instanceof Need ? thrown.key : 'something else'
    }
  }
  assert.equal(ask('${{ secret("a") }}'), 'Secret/shop/a')
  assert.equal(ask('${{ sharedSecret("a") }}'), 'Secret/kargo-shared-resources/a')
  assert.equal(ask('${{ configMap("a") }}'), 'ConfigMap/shop/a')
  assert.equal(ask('${{ freightMetadata("a") }}'), 'Freight/shop/a')
  assert.equal(ask('${{ stageMetadata("a") }}'), 'Stage/shop/a')
  assert.equal(ask('${{ false && secret("a").x == "" }}'), 'nothing')
  assert.equal(ask('${{ secret("a").x ?? secret("b").x }}'), 'Secret/shop/a')
})

test('needs are fetched one by one, and the evaluation goes on', async () => {
  const fetched: string[] = []
  const { result, snapshot } = await resolveNeeds(
    (known) =>
      evaluateTemplate(
        '${{ configMap("a").next + configMap("b").k }}',
        {},
        { functions: functionsOver(known) },
      ),
    (key) => {
      fetched.push(key)
      return Promise.resolve(key.endsWith('/a') ? { data: { next: 'x' } } : { data: { k: 'y' } })
    },
  )
  assert.equal(result.value, 'xy')
  assert.deepEqual(fetched, ['ConfigMap/shop/a', 'ConfigMap/shop/b'])
  assert.equal(snapshot.size, 2)
})

test('an expression that asks for ever more is stopped', async () => {
  const evaluateAll = (known: Snapshot) =>
    evaluate('map(1..100, configMap(string(#)))', {}, { functions: functionsOver(known) })
  await assert.rejects(
    resolveNeeds(evaluateAll, () => Promise.resolve(null), { limit: 5 }),
    { code: 'TooLarge' },
  )
})

test('other errors of an evaluation pass through', async () => {
  await assert.rejects(
    resolveNeeds(
      () => evaluate('nope()', {}),
      () => Promise.resolve(null),
    ),
    (thrown) => thrown instanceof ExpressionError && thrown.kind === 'run',
  )
})

test('a webhook sees its request', () => {
  const env = webhookEnvironment(
    {
      headers: { 'x-event': ['push', 'other'] },
      body: { ref: 'refs/heads/main', n: 1 },
      query: { q: ['1', '2'] },
    },
    { image: 'docker.io/library/nginx' },
  )
  assert.equal(evaluate('request.header("X-Event")', env), 'push')
  assert.equal(evaluate('request.header("none")', env), '')
  assert.deepEqual(evaluate('request.headers("x-event")', env), ['push', 'other'])
  assert.equal(evaluate('request.params("q")', env), '1')
  assert.equal(evaluate('request.body.ref endsWith "main" && request.body.n == 1', env), true)
  assert.equal(evaluate('normalizeImage(params.image)', env), 'nginx')
  assert.equal(
    evaluate('normalizeGit("https://GitHub.com/o/r.git")', env),
    'https://github.com/o/r',
  )
  assert.equal(evaluate('params.none', env), '')
  assert.throws(() => evaluate('request.header(1)', env), { code: 'Invalid' })
  assert.throws(() => evaluate('request.header()', env), { code: 'Invalid' })
})

test('git filters see commits and tags, with dates', () => {
  const people = { author: 'Ann <a@x>', committer: 'Bob <b@x>' }
  const commit = commitEnvironment({
    id: 'c',
    commitDateMs: Date.UTC(2024, 4, 1),
    subject: 'feat: x',
    ...people,
  })
  assert.equal(evaluateBool('subject startsWith "feat" && commitDate.Year() == 2024', commit), true)
  assert.equal(evaluateBool('author contains "Bob"', commit), false)
  const tag = tagEnvironment({
    tag: 'v1',
    id: 'c',
    creatorDateMs: Date.UTC(2024, 4, 1),
    subject: 's',
    tagger: 'T <t@x>',
    annotation: 'note',
    ...people,
  })
  assert.equal(
    evaluateBool(
      'tag matches "^v" && creatorDate < date("2025-01-01") && annotation == "note"',
      tag,
    ),
    true,
  )
})

test('criteria look only at git, images and charts', () => {
  assert.equal(hasArtifactsForCriteria({}), false)
  assert.equal(
    hasArtifactsForCriteria({ results: [{ name: 'x', artifactReferences: [{ version: '1' }] }] }),
    false,
  )
  assert.equal(hasArtifactsForCriteria({ images: [{ repoURL: 'x', references: [] }] }), false)
  assert.equal(hasArtifactsForCriteria({ charts: [{ repoURL: 'x', versions: ['1'] }] }), true)
})
