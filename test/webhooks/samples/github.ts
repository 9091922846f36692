/**
 * The examples that GitHub publishes, from the package @octokit/webhooks-examples; some pushes and packages are made of
 * them, with what their documentation says can be otherwise.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { JsonObject } from '../../../src/core/json.ts'
import { hmac, type Sample, type Samples } from '../sample.ts'

const file = fileURLToPath(import.meta.resolve('@octokit/webhooks-examples'))
const published = JSON.parse(readFileSync(file, 'utf8')) as {
  readonly name: string
  readonly examples: readonly JsonObject[]
}[]

const repoURLs = [
  'https://github.com/Codertocat/Hello-World.git',
  'git@github.com:Codertocat/Hello-World.git',
  'https://github.com/Codertocat/Hello-World',
  'git://github.com/Codertocat/Hello-World.git',
]

function example(event: string, fits: (body: JsonObject) => boolean): JsonObject {
  const found = published.find(({ name }) => name === event)?.examples.find(fits)
  if (found === undefined) throw new Error(`there is no such example of ${event}`)
  return found
}

const first = example('push', ({ ref }) => ref === 'refs/heads/master')
/** As for a branch that was there before. */
const push = { ...first, created: false }
const image = example('package', (body) => JSON.stringify(body).includes('"package_url":"ghcr.io'))

/** A copy with one value replaced, wherever the text stands. */
function changed(body: JsonObject, from: string, to: string): JsonObject {
  return JSON.parse(JSON.stringify(body).replaceAll(from, to)) as JsonObject
}

/** As the event `registry_package` carries it, of which there is no example. */
function renamed({ package: found = null, ...others }: JsonObject): JsonObject {
  return { ...others, registry_package: found }
}

const sample = (
  name: string,
  event: string,
  body: JsonObject,
  expect: Sample['expect'],
): Sample => ({ name, headers: { 'x-github-event': event }, body, expect })

export const github: Samples = {
  sign: hmac('x-hub-signature-256'),
  idHeader: 'x-github-delivery',
  samples: [
    sample('a push to a branch', 'push', push, [
      {
        type: 'git',
        repoURLs,
        refs: ['refs/heads/master'],
        paths: ['README.md'],
        defaultBranch: 'master',
      },
    ]),
    sample('a new branch, whose files are not all', 'push', first, [
      {
        type: 'git',
        repoURLs,
        refs: ['refs/heads/master'],
        paths: undefined,
        defaultBranch: 'master',
      },
    ]),
    sample('a forced push, whose files are not all', 'push', { ...push, forced: true }, [
      {
        type: 'git',
        repoURLs,
        refs: ['refs/heads/master'],
        paths: undefined,
        defaultBranch: 'master',
      },
    ]),
    sample(
      'a tag',
      'push',
      example('push', ({ ref }) => ref === 'refs/tags/simple-tag'),
      [
        {
          type: 'git',
          repoURLs,
          refs: ['refs/tags/simple-tag'],
          paths: undefined,
          defaultBranch: 'master',
        },
      ],
    ),
    sample('an image', 'package', image, [
      { type: 'oci', repoURLs: ['ghcr.io/Codertocat/hello-world'], tags: [] },
    ]),
    sample(
      'a tagged image',
      'registry_package',
      renamed(changed(image, '"tag":{"name":""', '"tag":{"name":"1.2.3"')),
      [{ type: 'oci', repoURLs: ['ghcr.io/Codertocat/hello-world'], tags: ['1.2.3'] }],
    ),
    sample(
      'an updated image, addressed by its digest',
      'registry_package',
      renamed({
        ...changed(image, 'hello-world:"', 'hello-world@sha256:6c62fb45fe66"'),
        action: 'updated',
      }),
      [{ type: 'oci', repoURLs: ['ghcr.io/Codertocat/hello-world'], tags: [] }],
    ),
    sample(
      'an image without an address',
      'package',
      changed(image, '"ghcr.io/Codertocat/hello-world:"', '""'),
      [{ type: 'oci', repoURLs: ['ghcr.io/Codertocat/hello-world/hello-world-npm'], tags: [] }],
    ),
    sample('a deleted image', 'package', { ...image, action: 'deleted' }, 'ignored'),
    sample(
      'another package',
      'package',
      changed(image, '"ecosystem":"docker"', '"ecosystem":"npm"'),
      'ignored',
    ),
    sample(
      'a closed pull request',
      'pull_request',
      example('pull_request', ({ action }) => action === 'closed'),
      [
        {
          type: 'pull-request',
          urls: [
            'https://github.com/Codertocat/Hello-World/pull/2',
            'https://api.github.com/repos/Codertocat/Hello-World/pulls/2',
          ],
        },
      ],
    ),
    sample(
      'an opened pull request',
      'pull_request',
      example('pull_request', ({ action }) => action === 'opened'),
      'ignored',
    ),
    sample(
      'a ping',
      'ping',
      example('ping', () => true),
      'ignored',
    ),
    sample(
      'a star',
      'star',
      example('star', () => true),
      'unsupported',
    ),
  ],
}
