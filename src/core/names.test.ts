import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { moniker } from './moniker.ts'
import { adjectives, animals } from './moniker-words.ts'
import {
  analysisRunName,
  collectionId,
  freightName,
  labelValue,
  promotionName,
  shortName,
  ulid,
} from './names.ts'

const origin = { kind: 'Warehouse', name: 'w' }
const entropy = new Uint8Array(10)
const freight = '666209fd9755a1e48bec6b27f5f447747410dd9e'

describe('freightName', () => {
  it('hashes origin, commits and images', () => {
    assert.equal(
      freightName({
        origin: { kind: 'Warehouse', name: 'my-warehouse' },
        images: [
          {
            repoURL: 'public.ecr.aws/nginx/nginx',
            tag: '1.27.0',
            digest: 'sha256:b2487a28589657b318e0d63110056e11564e73b9fd3ec4c4afba5542f9d07d46',
          },
        ],
        commits: [
          {
            repoURL: 'https://user:token@GitHub.com/example/kargo-demo.git',
            id: '961cfaedbc53aacdb65110028839a2c1c281290d',
          },
        ],
      }),
      '7d201184475fa540d4cee75541e6af780f716ab4',
    )
  })

  it('joins repository and chart the way Go joins paths', () => {
    const name = freightName({
      origin,
      charts: [{ repoURL: 'https://charts.example.com', name: 'my-chart', version: '1.2.3' }],
    })
    assert.equal(name, 'dd3ebb6ebf87539547d61dd3191d7613fc368a39')
  })

  it('hashes the name of the subscription', () => {
    const image = { repoURL: 'ghcr.io/example/app', tag: 'v1.0.0', digest: 'sha256:0000' }
    assert.equal(
      freightName({ origin, images: [{ ...image, subscriptionName: 'frontend' }] }),
      '131c073159c914a846e48e2f61df8b9f8ff32351',
    )
    assert.notEqual(freightName({ origin, images: [image] }), freightName({ origin }))
  })

  it('depends on the tag of a commit and not on its branch, message or author', () => {
    const commit = { repoURL: 'https://example.com/r.git', id: 'abc' }
    const plain = freightName({ origin, commits: [commit] })
    const decorated = { ...commit, branch: 'main', message: 'hello', author: 'A <a@example.com>' }
    assert.equal(freightName({ origin, commits: [decorated] }), plain)
    assert.notEqual(freightName({ origin, commits: [{ ...commit, tag: 'v1' }] }), plain)
  })

  it('depends on custom artifacts', () => {
    const artifact = { artifactType: 'blob', subscriptionName: 's', version: '1' }
    assert.notEqual(
      freightName({ origin, artifacts: [artifact] }),
      freightName({ origin, artifacts: [{ ...artifact, version: '2' }] }),
    )
  })

  it('tells Warehouses apart, and cases only in the addresses of images', () => {
    const named = (repoURL: string, name = 'w'): string[] => [
      freightName({
        origin: { ...origin, name },
        commits: [{ repoURL: `https://${repoURL}`, id: 'a' }],
      }),
      freightName({
        origin: { ...origin, name },
        charts: [{ repoURL: `oci://${repoURL}`, version: '1.0.0' }],
      }),
      freightName({ origin: { ...origin, name }, images: [{ repoURL, tag: '1' }] }),
    ]
    const [commit, chart, image] = named('example.com/r')
    const [otherCommit, otherChart, otherImage] = named('Example.com/R')
    assert.deepEqual([otherCommit, otherChart], [commit, chart])
    assert.notEqual(otherImage, image)
    for (const [at, name] of named('example.com/r', 'v').entries())
      assert.notEqual(name, [commit, chart, image][at])
  })

  it('does not depend on the order of artifacts', () => {
    const image = fc.record({ repoURL: fc.string(), tag: fc.string(), digest: fc.string() })
    fc.assert(
      fc.property(fc.array(image, { maxLength: 5 }), (images) => {
        assert.equal(
          freightName({ origin, images }),
          freightName({ origin, images: [...images].reverse() }),
        )
      }),
    )
  })
})

describe('collectionId', () => {
  it('hashes the sorted names', () => {
    assert.equal(collectionId(['bbb', 'aaa']), 'b0696a9485397a32e74fc7d20eb458c2420b2ddc')
    assert.equal(collectionId([freight]), '101bca5b0e18ca7913978a1da956308d2544f741')
  })
})

describe('promotionName', () => {
  it('is stage, ULID and the head of the Freight', () => {
    const name = promotionName({ stage: 'prod', freight, now: 1469918176385, entropy })
    assert.equal(name, 'prod.01aryz6s410000000000000000.666209f')
  })

  it('stays monotonic for a Stage when the clock steps back or stands still', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(2 ** 41), fc.uint8Array({ minLength: 10, maxLength: 10 })), {
          minLength: 2,
          maxLength: 20,
        }),
        (moments) => {
          let last: string | undefined
          for (const [now, random] of moments) {
            const name = promotionName({ stage: 'a-b.c', freight, now, entropy: random, last })
            if (last !== undefined) assert.ok(name > last, `${name} is not after ${last}`)
            last = name
          }
        },
      ),
    )
  })

  it('carries into the time when the random part is used up', () => {
    const last = `prod.${ulid(5, new Uint8Array(10).fill(255))}.abc`.toLowerCase()
    const name = promotionName({ stage: 'prod', freight, now: 5, entropy, last })
    assert.equal(name, `prod.${ulid(6, entropy)}.666209f`.toLowerCase())
  })

  it('ignores a last name that holds no ULID', () => {
    const name = promotionName({ stage: 'prod', freight, now: 7, entropy, last: 'handmade' })
    assert.equal(name, `prod.${ulid(7, entropy)}.666209f`.toLowerCase())
  })

  it('cuts a long Stage name and leaves no point or dash at the cut', () => {
    const name = promotionName({ stage: `${'a'.repeat(216)}.-bcd`, freight, now: 1, entropy })
    assert.ok(name.startsWith(`${'a'.repeat(216)}.0`))
    assert.ok(name.length <= 253)
  })
})

describe('analysisRunName', () => {
  it('is stage, ULID and the head of the collection', () => {
    const name = analysisRunName({ stage: 'prod', collection: 'ABCDEFGHI', now: 0, entropy })
    assert.equal(name, `prod.${'0'.repeat(26)}.abcdefg`)
  })
})

describe('labelValue and shortName', () => {
  it('keep what fits', () => {
    assert.equal(labelValue('a'.repeat(63)), 'a'.repeat(63))
    assert.equal(shortName('a'.repeat(253)), 'a'.repeat(253))
  })

  it('replace the end of longer names by a hash of the whole', () => {
    const long = `${'a'.repeat(53)}-${'b'.repeat(60)}`
    assert.match(labelValue(long), /^a{53}-[0-9a-f]{8}$/)
    assert.notEqual(labelValue(long), labelValue(`${long}c`))
    assert.equal(labelValue('x'.repeat(64)).length, 63)
    assert.equal(shortName('x'.repeat(300)).length, 253)
  })
})

describe('moniker', () => {
  it('draws an adjective and an animal over the whole of both lists', () => {
    assert.equal(moniker(0, 0), `${adjectives[0]}-${animals[0]}`)
    assert.equal(moniker(0.9999999, 0.9999999), `${adjectives.at(-1)}-${animals.at(-1)}`)
    assert.ok(adjectives.length > 350 && animals.length > 220)
    assert.equal(new Set(adjectives).size, adjectives.length)
    assert.equal(new Set(animals).size, animals.length)
    for (const word of [...adjectives, ...animals]) assert.match(word, /^[a-z]+$/)
  })
})
