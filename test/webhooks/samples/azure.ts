/**
 * Our own samples, shaped as learn.microsoft.com "Azure Container Registry webhook reference" and "Service hooks events"
 * (Azure DevOps) show them.
 */
import type { JsonObject } from '../../../src/core/json.ts'
import type { Samples } from '../sample.ts'

const registry = { 'user-agent': 'AzureContainerRegistry/1.0' }
const devops = { 'user-agent': 'VSServices/19.0' }
const remoteUrl = 'https://dev.azure.com/fabrikam/DefaultCollection/_git/Fabrikam'

const push: JsonObject = {
  id: 'cb8c3971-9adc-488b-xxxx-43cbb4974ff5',
  timestamp: '2017-11-17T16:52:01.343145347Z',
  action: 'push',
  target: {
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    repository: 'hello-world',
    tag: 'v1',
  },
  request: { id: '3cbb6949', host: 'myregistry.azurecr.io', method: 'PUT' },
}

function pullRequest(eventType: string, status: string): JsonObject {
  const web = { href: `${remoteUrl}/pullrequest/1` }
  const resource = { pullRequestId: 1, status, repository: { remoteUrl }, _links: { web } }
  return { id: `${eventType} ${status}`, eventType, resource }
}

export const azure: Samples = {
  samples: [
    {
      name: 'an image',
      headers: registry,
      body: push,
      expect: [{ type: 'oci', repoURLs: ['myregistry.azurecr.io/hello-world'], tags: ['v1'] }],
    },
    { name: 'a ping', headers: registry, body: { id: 'p', action: 'ping' }, expect: 'ignored' },
    {
      name: 'a deleted image',
      headers: registry,
      body: { ...push, action: 'delete' },
      expect: 'unsupported',
    },
    {
      name: 'a push to a repository',
      headers: devops,
      body: {
        id: '03c164c2-8912-4d5e-8009-3707d5f83734',
        eventType: 'git.push',
        resource: {
          refUpdates: [
            { name: 'refs/heads/master', oldObjectId: 'aad331d8', newObjectId: '33b55f7c' },
          ],
          repository: { name: 'Fabrikam', defaultBranch: 'refs/heads/master', remoteUrl },
          pushId: 14,
        },
      },
      expect: [
        {
          type: 'git',
          repoURLs: [remoteUrl],
          refs: ['refs/heads/master'],
          defaultBranch: 'master',
        },
      ],
    },
    {
      name: 'a merged pull request',
      headers: devops,
      body: pullRequest('git.pullrequest.merged', 'completed'),
      expect: [{ type: 'pull-request', urls: [`${remoteUrl}/pullrequest/1`] }],
    },
    {
      name: 'an abandoned pull request',
      headers: devops,
      body: pullRequest('git.pullrequest.updated', 'abandoned'),
      expect: [{ type: 'pull-request', urls: [`${remoteUrl}/pullrequest/1`] }],
    },
    {
      name: 'an edited pull request',
      headers: devops,
      body: pullRequest('git.pullrequest.updated', 'active'),
      expect: 'ignored',
    },
    {
      name: 'a build',
      headers: devops,
      body: { id: 'b', eventType: 'build.complete' },
      expect: 'unsupported',
    },
    {
      name: 'another program',
      headers: { 'user-agent': 'curl/8' },
      body: push,
      expect: 'unsupported',
    },
  ],
}
