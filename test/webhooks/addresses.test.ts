import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../src/core/json.ts'
import { send, startBench } from './bench.ts'
import { samplesOf } from './samples/index.ts'

const git = (repoURL: string, more: JsonObject = {}): JsonObject => ({ git: { repoURL, ...more } })
const image = (repoURL: string): JsonObject => ({
  image: { repoURL, imageSelectionStrategy: 'NewestBuild' },
})
const tagged = (repoURL: string, constraint: string): JsonObject => ({
  image: { repoURL, imageSelectionStrategy: 'Digest', constraint },
})
const chart = (repoURL: string, semverConstraint = ''): JsonObject => ({
  chart: { repoURL, semverConstraint },
})

interface Case {
  readonly kind: string
  readonly sample: string
  readonly wanted: readonly JsonObject[]
  readonly unwanted: readonly JsonObject[]
}

const cases: readonly Case[] = [
  {
    kind: 'github',
    sample: 'a push to a branch',
    wanted: [
      git('https://github.com/Codertocat/Hello-World.git'),
      git('https://GitHub.com/codertocat/hello-world/', { branch: 'master' }),
      git('https://bot@github.com/Codertocat/Hello-World'),
      git('git@github.com:Codertocat/Hello-World.git'),
      git('ssh://git@github.com/Codertocat/Hello-World'),
    ],
    unwanted: [
      git('https://github.com/Codertocat/Hello-World-2.git'),
      git('https://github.example.com/Codertocat/Hello-World.git'),
      git('https://github.com:8443/Codertocat/Hello-World.git'),
      git('ssh://deploy@github.com/Codertocat/Hello-World'),
      git('git@github.com:Codertocat/Hello-World.git', { branch: 'main' }),
    ],
  },
  {
    kind: 'github',
    sample: 'a tagged image',
    wanted: [
      image('ghcr.io/codertocat/hello-world'),
      chart('oci://ghcr.io/Codertocat/hello-world'),
    ],
    unwanted: [
      image('ghcr.io/codertocat/hello'),
      image('codertocat/hello-world'),
      chart('oci://ghcr.io/codertocat/hello-world', '^2.0.0'),
      chart('https://ghcr.io/codertocat/hello-world'),
    ],
  },
  {
    kind: 'gitlab',
    sample: 'a push',
    wanted: [git('http://example.com/mike/diaspora'), git('git@example.com:mike/Diaspora.git')],
    unwanted: [git('http://example.com/mike/diaspora', { includePaths: ['docs'] })],
  },
  {
    kind: 'gitea',
    sample: 'a push',
    wanted: [
      git('http://gitea.example.com/team/app'),
      git('ssh://git@gitea.example.com:2222/team/app.git'),
    ],
    unwanted: [git('ssh://git@gitea.example.com:2223/team/app.git')],
  },
  {
    kind: 'bitbucket',
    sample: 'a push to Cloud',
    wanted: [
      git('https://bitbucket.org/Team_Name/Repo_Name.git'),
      git('https://jdoe@bitbucket.org/team_name/repo_name.git'),
      git('git@bitbucket.org:team_name/repo_name.git'),
    ],
    unwanted: [git('https://bitbucket.org/team_name/repo_name.git', { branch: 'master' })],
  },
  {
    kind: 'bitbucket',
    sample: 'a push to Data Center',
    wanted: [
      git('https://git.example.com/scm/team/app'),
      git('ssh://git@git.example.com:7999/TEAM/app.git'),
    ],
    unwanted: [git('ssh://git@git.example.com/team/app.git')],
  },
  {
    kind: 'azure',
    sample:
      'a push to a repository beside others of its project, with the organisation in the address',
    wanted: [
      git('https://dev.azure.com/fabrikam/Fiber/_git/app'),
      git('https://fabrikam@dev.azure.com/Fabrikam/Fiber/_git/app'),
      git('git@ssh.dev.azure.com:v3/fabrikam/Fiber/app'),
    ],
    unwanted: [git('git@ssh.dev.azure.com:v3/fabrikam/Fiber/other')],
  },
  {
    kind: 'azure',
    sample: 'an image',
    wanted: [
      image('myregistry.azurecr.io/hello-world'),
      tagged('MyRegistry.azurecr.io/hello-world', 'v1'),
    ],
    // No version of a chart begins with a "v" in a registry.
    unwanted: [image('hello-world'), chart('oci://myregistry.azurecr.io/hello-world')],
  },
  {
    kind: 'dockerhub',
    sample: 'a push',
    wanted: ['', 'docker.io/', 'index.docker.io/', 'registry-1.docker.io/'].map((host) =>
      image(`${host}svendowideit/testhook`),
    ),
    unwanted: [image('quay.io/svendowideit/testhook'), tagged('svendowideit/testhook', '1.0')],
  },
  {
    kind: 'dockerhub',
    sample: 'a push of what everybody has',
    wanted: [
      image('nginx'),
      image('docker.io/library/nginx'),
      chart('oci://docker.io/library/nginx'),
    ],
    unwanted: [image('team/nginx')],
  },
  {
    kind: 'quay',
    sample: 'a push',
    wanted: [
      image('quay.io/mynamespace/repository'),
      { image: { repoURL: 'quay.io/mynamespace/repository', constraint: '^1.2.0' } },
      chart('oci://quay.io/mynamespace/repository', '~1.2'),
    ],
    unwanted: [{ image: { repoURL: 'quay.io/mynamespace/repository', constraint: '^2.0.0' } }],
  },
  {
    kind: 'harbor',
    sample: 'a push of two tags at once',
    wanted: [
      chart('oci://hub.harbor.com/team/chart', '^1.2.0'),
      image('Hub.Harbor.com/team/chart'),
    ],
    unwanted: [chart('oci://hub.harbor.com/team/chart', '^2.0.0'), image('team/chart')],
  },
  {
    kind: 'harbor',
    sample: 'a push by digest',
    wanted: [image('hub.harbor.com/team/app'), tagged('hub.harbor.com/team/app', 'any')],
    unwanted: [image('hub.harbor.com:8443/team/app')],
  },
  {
    kind: 'artifactory',
    sample: 'a push of type docker',
    wanted: [
      image('example.jfrog.io/docker/team/app'),
      chart('oci://example.jfrog.io/docker/team/app'),
    ],
    unwanted: [image('example.jfrog.io/docker-local/team/app'), image('example.jfrog.io/team/app')],
  },
]

for (const { kind, sample, wanted, unwanted } of cases) {
  test(`${kind}: ${sample} is news for each spelling of the address, and for no other`, async (t) => {
    const { addReceiver, addWarehouse, token } = await startBench(t)
    const address = await addReceiver(kind)
    const add = async (kept: string, subscriptions: readonly JsonObject[]): Promise<void> => {
      for (const [index, subscription] of subscriptions.entries())
        await addWarehouse(`${kept}-${index}`, subscription)
    }
    await add('wanted', wanted)
    await add('unwanted', unwanted)
    const found = samplesOf[kind]?.samples.find(({ name }) => name === sample)
    assert.ok(found, `there is no such sample of ${kind}`)
    assert.equal((await send(address, kind, found.body, found.headers)).status, 200)
    for (const [index, subscription] of wanted.entries())
      assert.ok(await token(`wanted-${index}`), JSON.stringify(subscription))
    for (const [index, subscription] of unwanted.entries())
      assert.equal(await token(`unwanted-${index}`), undefined, JSON.stringify(subscription))
  })
}
