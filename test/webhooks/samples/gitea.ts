/** Our own samples, shaped as docs.gitea.com "Webhooks" shows them; `total_commits` is there since Gitea 1.18. */
import type { JsonObject } from '../../../src/core/json.ts'
import { hmac, type Samples } from '../sample.ts'

const repository = {
  clone_url: 'http://gitea.example.com/team/app.git',
  ssh_url: 'ssh://git@gitea.example.com:2222/team/app.git',
  html_url: 'http://gitea.example.com/team/app',
  default_branch: 'main',
}
const repoURLs = [repository.clone_url, repository.ssh_url, repository.html_url]
const push: JsonObject = {
  ref: 'refs/heads/main',
  before: '28e1879d029cb852e4844d9c718537df08844e03',
  after: 'bffeb74224043ba2feb48d137756c8a9331c449a',
  commits: [{ id: 'bffeb742', added: ['a.txt'], removed: [], modified: ['b.txt'] }],
  total_commits: 1,
  repository,
}
const target = {
  type: 'git',
  repoURLs,
  refs: ['refs/heads/main'],
  defaultBranch: 'main',
} as const
const pull = { html_url: 'http://gitea.example.com/team/app/pulls/4' }

export const gitea: Samples = {
  sign: hmac('x-hub-signature-256'),
  idHeader: 'x-gitea-delivery',
  samples: [
    {
      name: 'a push',
      headers: { 'x-gitea-event': 'push' },
      body: push,
      expect: [{ ...target, paths: ['a.txt', 'b.txt'] }],
    },
    {
      name: 'a push with more commits than are shown',
      headers: { 'x-gitea-event': 'push' },
      body: { ...push, total_commits: 9 },
      expect: [{ ...target, paths: undefined }],
    },
    {
      name: 'a closed pull request',
      headers: { 'x-gitea-event': 'pull_request' },
      body: { action: 'closed', number: 4, pull_request: pull },
      expect: [{ type: 'pull-request', urls: [pull.html_url] }],
    },
    {
      name: 'a push by Forgejo',
      headers: { 'x-forgejo-event': 'push' },
      body: { ...push, ref: 'refs/heads/next' },
      expect: [{ ...target, refs: ['refs/heads/next'], paths: ['a.txt', 'b.txt'] }],
    },
    {
      name: 'a tag pushed by Gogs, which does not count commits',
      headers: { 'x-gogs-event': 'push' },
      body: { ref: 'refs/tags/v1.0.0', commits: [], repository },
      expect: [{ ...target, refs: ['refs/tags/v1.0.0'], paths: undefined }],
    },
    {
      name: 'an opened pull request',
      headers: { 'x-gitea-event': 'pull_request' },
      body: { action: 'opened', number: 4, pull_request: pull },
      expect: 'ignored',
    },
    {
      name: 'an issue',
      headers: { 'x-gitea-event': 'issues' },
      body: {},
      expect: 'unsupported',
    },
  ],
}
