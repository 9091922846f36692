/**
 * Our own samples of registries, shaped as these pages show them: docs.docker.com "Docker Hub webhooks"; docs.quay.io
 * "Repository notifications"; goharbor.io "Configure webhook notifications" (formats Default and CloudEvents); docs.jfrog.com "Event
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
    {
      name: 'a push of what everybody has',
      headers: {},
      body: {
        push_data: { pushed_at: 1417566161, pusher: 'docker', tag: '1.27.0' },
        repository: { name: 'nginx', namespace: 'library', repo_name: 'library/nginx' },
      },
      expect: [
        {
          type: 'oci',
          repoURLs: ['library/nginx', 'registry-1.docker.io/library/nginx'],
          tags: ['1.27.0'],
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
    {
      name: 'a push, as old installations tell of it',
      headers: {},
      body: {
        name: 'repository',
        repository: 'mynamespace/repository',
        namespace: 'mynamespace',
        docker_url: 'quay.example.com:8443/mynamespace/repository',
        updated_tags: { latest: 'b750fe79269d2ec9a3c593ef05b4332b' },
        pushed_image_count: 2,
      },
      expect: [
        {
          type: 'oci',
          repoURLs: ['quay.example.com:8443/mynamespace/repository'],
          tags: ['latest'],
        },
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

const cloudEvent = (type: string): JsonObject => ({
  specversion: '1.0',
  id: `4b2f89a6-${type}`,
  requestid: '2eedfab8-61d3-4f3c-8ec3-8f82d1ec4c84',
  source: '/projects/1/webhook/policies/3',
  type,
  datacontenttype: 'application/json',
  time: '2023-03-06T06:08:43Z',
  data: harborPush['event_data'] ?? null,
  operator: 'admin',
})

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
      name: 'a push of two tags at once',
      headers: {},
      body: {
        ...harborPush,
        event_data: {
          resources: ['1.2.3', '1.2'].map((tag) => ({
            digest: 'sha256:8a9e9863',
            tag,
            resource_url: `hub.harbor.com/team/chart:${tag}`,
          })),
        },
      },
      expect: [{ type: 'oci', repoURLs: ['hub.harbor.com/team/chart'], tags: ['1.2.3', '1.2'] }],
    },
    {
      name: 'a push by digest',
      headers: {},
      body: {
        ...harborPush,
        event_data: {
          resources: [
            { digest: 'sha256:8a9e', tag: '', resource_url: 'hub.harbor.com/team/app@sha256:8a9e' },
          ],
        },
      },
      expect: [{ type: 'oci', repoURLs: ['hub.harbor.com/team/app'], tags: [] }],
    },
    {
      name: 'a push in the format CloudEvents',
      headers: { 'content-type': 'application/cloudevents+json' },
      body: cloudEvent('harbor.artifact.pushed'),
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
    {
      name: 'a pull in the format CloudEvents',
      headers: { 'content-type': 'application/cloudevents+json' },
      body: cloudEvent('harbor.artifact.pulled'),
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
      name: 'a push as the documentation shows it, without a type',
      headers: {},
      body: {
        domain: 'docker',
        event_type: 'pushed',
        data: {
          repo_key: 'docker-remote-cache',
          event_type: 'pushed',
          path: 'library/ubuntu/latest/list.manifest.json',
          name: 'list.manifest.json',
          size: 1206,
          image_name: 'library/ubuntu',
          tag: 'latest',
          platforms: [{ architecture: 'amd64', os: 'linux' }],
        },
        subscription_key: 'test',
        jpd_origin: 'https://artifacts.example.com:8443',
        source: 'jfrog/admin',
      },
      expect: [
        {
          type: 'oci',
          repoURLs: ['artifacts.example.com:8443/docker/library/ubuntu'],
          tags: ['latest'],
        },
      ],
    },
    {
      name: 'a deleted tag',
      headers: {},
      body: { ...artifactoryPush('docker'), event_type: 'deleted' },
      expect: 'unsupported',
    },
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
