import { createServer } from 'node:net'
import { type GitServer, startGitServer } from '../../test/servers/git-server.ts'
import { type Registry, pushSampleImage, startRegistry } from '../../test/servers/registry.ts'

/** What Gantry stands between: an image registry on one side, a git repository on the other. Both real, on loopback. */
export interface World {
  readonly git: GitServer
  readonly registry: Registry
  /** The manifest text with the addresses of these servers in place of the example's. */
  localize(manifest: string): string
  pushImage(tag: string): Promise<void>
  close(): Promise<void>
}

/** Where the example's manifests say that things are. */
const example = { git: '127.0.0.1:3080', registry: '127.0.0.1:3050' }
const account = { username: 'gantry', password: 'quickstart-password' }

export const imageRepo = 'demo/web'
export const gitRepo = 'gitops'
export const stages = ['test', 'uat', 'prod'] as const
export type StageName = (typeof stages)[number]

export async function startWorld(): Promise<World> {
  const git = await startGitServer({ port: await freePort(3080), accounts: [account] })
  const registry = await startRegistry({ port: await freePort(3050) })
  await git.createRepo(gitRepo, sampleFiles(registry.host))
  const pushImage = async (tag: string): Promise<void> => {
    await pushSampleImage(registry, imageRepo, tag, {
      created: new Date().toISOString(),
      content: tag,
    })
  }
  for (const tag of ['0.9.4', '1.0.0', '1.1.0', '1.2.0', '2.0.0-rc.1', 'latest'])
    await pushImage(tag)
  return {
    git,
    registry,
    pushImage,
    localize: (manifest) =>
      manifest
        .replaceAll(example.git, `127.0.0.1:${git.port}`)
        .replaceAll(example.registry, registry.host),
    close: async () => {
      await Promise.all([git.close(), registry.close()])
    },
  }
}

/** A kustomize base and an overlay for each Stage. */
function sampleFiles(registry: string): Record<string, string> {
  const image = `${registry}/${imageRepo}`
  const overlays = stages.map((stage) => [
    `stages/${stage}/kustomization.yaml`,
    [
      '# The image below is the one line that promotions change.',
      'apiVersion: kustomize.config.k8s.io/v1beta1',
      'kind: Kustomization',
      `namespace: web-${stage}`,
      'resources:',
      '  - ../../base',
      'images:',
      `  - name: ${image}`,
      '    newTag: 1.0.0 # set by promotions',
      '',
    ].join('\n'),
  ])
  return {
    'README.md': '# Sample GitOps repository\n\nA base, and an overlay for each stage.\n',
    'base/kustomization.yaml': 'resources:\n  - deployment.yaml\n',
    'base/deployment.yaml': [
      'apiVersion: apps/v1',
      'kind: Deployment',
      'metadata:',
      '  name: web',
      'spec:',
      '  selector:',
      '    matchLabels: { app: web }',
      '  template:',
      '    metadata:',
      '      labels: { app: web }',
      '    spec:',
      '      containers:',
      '        - name: web',
      `          image: ${image}`,
      '',
    ].join('\n'),
    ...Object.fromEntries(overlays),
  }
}

/** The preferred port when nothing listens there, else any free one. */
async function freePort(preferred: number): Promise<number> {
  return (await isFree(preferred)) ? preferred : 0
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
