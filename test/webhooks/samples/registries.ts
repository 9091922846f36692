/**
 * Our own samples of registries, shaped as these pages show them: docs.docker.com "Docker Hub webhooks"; docs.quay.io
 * "Repository notifications"; goharbor.io "Configure webhook notifications" (format Default); docs.jfrog.com "Event
 * types", domain Docker.
 */
import type { JsonObject } from '../../../src/core/json.ts'
import { hmac, type Samples } from '../sample.ts'

export const dockerhub: Samples = {
  samples: [
    {
      name: 'a push',
      headers: {},
      body: {
        callback_url: 'https://registry.hub.docker.com/u/svendowideit/testhook/hook/2141b5bi5/',
        push_data: { pushed_at: 1417566161, pusher: 'trustedbuilder', tag: 'latest' },
        repository: {
          name: 'testhook',
          namespace: 'svendowideit',
          repo_name: 'svendowideit/testhook',
        },
      },
      expect: [
        {
          type: 'oci',
          repoURLs: ['svendowideit/testhook', 'registry-1.docker.io/svendowideit/testhook'],
          tags: ['latest'],
        },
      ],
    },
  ],
}

export const quay: Samples = {
  samples: [
    {
      name: 'a push',
      headers: {},
      body: {
        name: 'repository',
        repository: 'mynamespace/repository',
        namespace: 'mynamespace',
        docker_url: 'quay.io/mynamespace/repository',
        homepage: 'https://quay.io/repository/mynamespace/repository',
        updated_tags: ['latest', '1.2.3'],
      },
      expect: [
        { type: 'oci', repoURLs: ['quay.io/mynamespace/repository'], tags: ['latest', '1.2.3'] },
      ],
    },
  ],
}

const harborPush: JsonObject = {
  type: 'PUSH_ARTIFACT',
  occur_at: 1586922308,
  operator: 'admin',
  event_data: {
    resources: [
      {
        digest: 'sha256:8a9e9863dbb6e10edb5adfe917c00da84e1700fa76e7ed02476aa6e6fb8ee0d8',
        tag: 'latest',
        resource_url: 'hub.harbor.com:8443/test-webhook/debian:latest',
      },
    ],
    repository: {
      name: 'debian',
      namespace: 'test-webhook',
      repo_full_name: 'test-webhook/debian',
    },
  },
}

export const harbor: Samples = {
  sign: (_body, secret) => ({ authorization: secret }),
  samples: [
    {
      name: 'a push',
      headers: {},
      body: harborPush,
      expect: [
        { type: 'oci', repoURLs: ['hub.harbor.com:8443/test-webhook/debian'], tags: ['latest'] },
      ],
    },
    {
      name: 'a pull',
      headers: {},
      body: { ...harborPush, type: 'PULL_ARTIFACT' },
      expect: 'unsupported',
    },
  ],
}

const artifactoryPush = (image_type: string): JsonObject => ({
  domain: 'docker',
  event_type: 'pushed',
  data: {
    repo_key: 'docker-local',
    path: 'team/app/1.0.0/list.manifest.json',
    name: 'list.manifest.json',
    image_name: 'team/app',
    image_type,
    tag: '1.0.0',
  },
  subscription_key: 'test',
  jpd_origin: 'https://example.jfrog.io',
  source: 'jfrog/admin',
})

export const artifactory: Samples = {
  config: { virtualRepoName: 'docker' },
  sign: hmac('x-jfrog-event-auth', ''),
  samples: [
    ...['docker', 'oci'].map((type) => ({
      name: `a push of type ${type}`,
      headers: {},
      body: artifactoryPush(type),
      expect: [
        { type: 'oci', repoURLs: ['example.jfrog.io/docker/team/app'], tags: ['1.0.0'] },
      ] as const,
    })),
    {
      name: 'an artifact of another kind',
      headers: {},
      body: { ...artifactoryPush('docker'), domain: 'artifact', event_type: 'deployed' },
      expect: 'unsupported',
    },
  ],
}

export const generic: Samples = {
  config: {
    actions: [
      {
        action: 'Refresh',
        whenExpression: "request.body.kind == 'push'",
        targetSelectionCriteria: [{ kind: 'Warehouse', name: 'app' }],
      },
    ],
  },
  samples: [
    { name: 'anything', headers: {}, body: { kind: 'push', list: [1] }, expect: 'actions' },
  ],
}
