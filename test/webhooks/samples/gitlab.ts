/**
 * Our own samples, shaped as docs.gitlab.com "Webhook events" shows push, tag and merge request events, and as its "System
 * hooks" shows the same events of a whole installation: one header for all, no commits, and the event in the body.
 */
import type { JsonObject } from '../../../src/core/json.ts'
import type { Samples } from '../sample.ts'

const project = {
  name: 'Diaspora',
  web_url: 'http://example.com/mike/diaspora',
  git_ssh_url: 'git@example.com:mike/diaspora.git',
  git_http_url: 'http://example.com/mike/diaspora.git',
  default_branch: 'master',
}
const repoURLs = [project.git_http_url, project.git_ssh_url, project.web_url]
const push: JsonObject = {
  object_kind: 'push',
  before: '95790bf891e76fee5e1747ab589903a6a1f80f22',
  after: 'da1560886d4f094c3e6c9ef40349f7d38b5d27d7',
  ref: 'refs/heads/master',
  project,
  commits: [
    {
      id: 'b6568db1',
      added: ['CHANGELOG'],
      modified: ['app/controller/application.rb'],
      removed: [],
    },
  ],
  total_commits_count: 1,
}
const system = { 'x-gitlab-event': 'System Hook' }
const target = { type: 'git', repoURLs, defaultBranch: 'master' } as const
const url = 'http://example.com/mike/diaspora/merge_requests/1'

export const gitlab: Samples = {
  sign: (_body, secret) => ({ 'x-gitlab-token': secret }),
  idHeader: 'x-gitlab-event-uuid',
  samples: [
    {
      name: 'a push',
      headers: { 'x-gitlab-event': 'Push Hook' },
      body: push,
      expect: [
        {
          ...target,
          refs: ['refs/heads/master'],
          paths: ['CHANGELOG', 'app/controller/application.rb'],
        },
      ],
    },
    {
      name: 'a push with more commits than are shown',
      headers: { 'x-gitlab-event': 'Push Hook' },
      body: { ...push, total_commits_count: 40 },
      expect: [{ ...target, refs: ['refs/heads/master'], paths: undefined }],
    },
    {
      name: 'a tag',
      headers: { 'x-gitlab-event': 'Tag Push Hook' },
      body: {
        ...push,
        object_kind: 'tag_push',
        ref: 'refs/tags/v1.0.0',
        commits: [],
        total_commits_count: 0,
      },
      expect: [{ ...target, refs: ['refs/tags/v1.0.0'], paths: undefined }],
    },
    {
      name: 'a merged merge request',
      headers: { 'x-gitlab-event': 'Merge Request Hook' },
      body: { object_kind: 'merge_request', object_attributes: { iid: 1, action: 'merge', url } },
      expect: [{ type: 'pull-request', urls: [url] }],
    },
    {
      name: 'an opened merge request',
      headers: { 'x-gitlab-event': 'Merge Request Hook' },
      body: { object_kind: 'merge_request', object_attributes: { iid: 1, action: 'open', url } },
      expect: 'ignored',
    },
    {
      name: 'a closed merge request',
      headers: { 'x-gitlab-event': 'Merge Request Hook' },
      body: { object_kind: 'merge_request', object_attributes: { iid: 1, action: 'close', url } },
      expect: [{ type: 'pull-request', urls: [url] }],
    },
    {
      name: 'a push, of a system hook',
      headers: system,
      body: { ...push, object_kind: 'push', event_name: 'push', commits: [] },
      expect: [{ ...target, refs: ['refs/heads/master'], paths: undefined }],
    },
    {
      name: 'a tag, of a system hook that names the event in one way only',
      headers: system,
      body: { event_name: 'tag_push', ref: 'refs/tags/v2.0.0', project, total_commits_count: 0 },
      expect: [{ ...target, refs: ['refs/tags/v2.0.0'], paths: undefined }],
    },
    {
      name: 'many refs at once, of a system hook',
      headers: system,
      body: {
        event_name: 'repository_update',
        project_id: 1,
        project,
        changes: [{ before: '8205ea8d81ce', after: '4045ea7a3df3', ref: 'refs/heads/master' }],
        refs: ['refs/heads/master'],
      },
      expect: [{ ...target, refs: ['refs/heads/master'] }],
    },
    {
      name: 'a merged merge request, of a system hook',
      headers: system,
      body: {
        object_kind: 'merge_request',
        event_type: 'merge_request',
        object_attributes: { iid: 1, action: 'merge', url },
      },
      expect: [{ type: 'pull-request', urls: [url] }],
    },
    {
      name: 'a new user, which system hooks send unasked',
      headers: system,
      body: { event_name: 'user_create', user_id: 41, username: 'js' },
      expect: 'ignored',
    },
    {
      name: 'a pipeline',
      headers: { 'x-gitlab-event': 'Pipeline Hook' },
      body: { object_kind: 'pipeline' },
      expect: 'unsupported',
    },
  ],
}
