import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Stage, StageKind } from '../../src/core/kinds/stage.ts'
import { imagesOf } from '../../src/api/routes/images.ts'

/** A Stage that has had these tags of an image, the latest first. */
function stageWith(name: string, tags: readonly string[], repoURL: string): Stage {
  return StageKind.schema.parse({
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Stage',
    metadata: { name, namespace: 'demo' },
    spec: {
      requestedFreight: [{ origin: { kind: 'Warehouse', name: 'web' }, sources: { direct: true } }],
    },
    status: {
      freightHistory: tags.map((tag, index) => ({
        id: `${index}`,
        items: {
          'Warehouse/web': {
            name: tag,
            origin: { kind: 'Warehouse', name: 'web' },
            images: [{ repoURL, tag }],
          },
        },
      })),
    },
  })
}

test('each tag names the Stages that have or had it, by how long ago, the latest time counts', () => {
  const stages = [
    stageWith('test', ['3', '2', '3'], 'example.com/web'),
    stageWith('prod', ['2'], 'example.com/web'),
    stageWith('side', ['1'], 'example.com/side'),
  ]
  assert.deepEqual(JSON.parse(JSON.stringify(imagesOf(stages))), {
    'example.com/web': {
      tags: { 3: { stages: { test: 0 } }, 2: { stages: { test: 1, prod: 0 } } },
    },
    'example.com/side': { tags: { 1: { stages: { side: 0 } } } },
  })
})

test('repositories, tags and Stages may be called like what every object has', () => {
  for (const word of ['constructor', '__proto__', 'toString']) {
    const shown = JSON.stringify(imagesOf([stageWith(word, [word], word)]))
    assert.equal(shown, `{"${word}":{"tags":{"${word}":{"stages":{"${word}":0}}}}}`)
  }
})
