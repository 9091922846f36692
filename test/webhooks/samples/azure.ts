/**
 * Our own samples, shaped as learn.microsoft.com "Azure Container Registry webhook reference" and "Service hooks events"
 * (Azure DevOps) show them.
 */
import type { JsonObject } from '../../../src/core/json.ts'
import type { Samples } from '../sample.ts'

const registry = { 'user-agent': 'AzureContainerRegistry/1.0' }
const devops = { 'user-agent': 'VSServices/19.0' }
const remoteUrl = 'https://dev.azure.com/fabrikam/_git/Fabrikam-Fiber-Git'

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

function pushTo(address: string): JsonObject {
  return {
    id: `a push to ${address}`,
    eventType: 'git.push',
    resourceVersion: '1.0',
    resource: { refUpdates: [{ name: 'refs/heads/main' }], repository: { remoteUrl: address } },
  }
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
          repoURLs: [
            remoteUrl,
            'git@ssh.dev.azure.com:v3/fabrikam/Fabrikam-Fiber-Git/Fabrikam-Fiber-Git',
          ],
          refs: ['refs/heads/master'],
          defaultBranch: 'master',
        },
      ],
    },
    {
      name: 'a push to a repository beside others of its project, with the organisation in the address',
      headers: devops,
      body: pushTo('https://fabrikam@dev.azure.com/fabrikam/Fiber/_git/app'),
      expect: [
        {
          type: 'git',
          repoURLs: [
            'https://fabrikam@dev.azure.com/fabrikam/Fiber/_git/app',
            'git@ssh.dev.azure.com:v3/fabrikam/Fiber/app',
          ],
          refs: ['refs/heads/main'],
          defaultBranch: undefined,
        },
      ],
    },
    {
      name: 'a push in an organisation with an address of the old kind',
      headers: devops,
      body: pushTo('https://fabrikam.visualstudio.com/DefaultCollection/Fiber/_git/app'),
      expect: [
        {
          type: 'git',
          repoURLs: [
            'https://fabrikam.visualstudio.com/DefaultCollection/Fiber/_git/app',
            'fabrikam@vs-ssh.visualstudio.com:v3/fabrikam/Fiber/app',
          ],
          refs: ['refs/heads/main'],
          defaultBranch: undefined,
        },
      ],
    },
    {
      name: 'a push to Azure DevOps Server, whose address for SSH is nowhere told',
      headers: devops,
      body: pushTo('https://tfs.example.com:8080/tfs/DefaultCollection/Fiber/_git/app'),
      expect: [
        {
          type: 'git',
          repoURLs: ['https://tfs.example.com:8080/tfs/DefaultCollection/Fiber/_git/app'],
          refs: ['refs/heads/main'],
          defaultBranch: undefined,
        },
      ],
    },
    {
      name: 'a merged pull request without a link, in the first version of the resource',
      headers: devops,
      body: {
        id: '6872ee8c-b333-4eff-bfb9-0d5274943566',
        eventType: 'git.pullrequest.merged',
        resourceVersion: '1.0',
        resource: {
          pullRequestId: 7,
          status: 'completed',
          repository: { remoteUrl: 'https://fabrikam@dev.azure.com/fabrikam/Fiber/_git/app' },
        },
      },
      expect: [
        {
          type: 'pull-request',
          urls: ['https://dev.azure.com/fabrikam/Fiber/_git/app/pullrequest/7'],
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
