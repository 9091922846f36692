/**
 * Our own samples, shaped as support.atlassian.com "Event payloads" (Cloud) and confluence.atlassian.com "Event payload"
 * (Data Center) show them.
 */
import { hmac, type Samples } from '../sample.ts'

const html = 'https://bitbucket.org/team_name/repo_name'
const branch = { type: 'branch', name: 'main', target: { hash: '709d658dc5b6' } }
const pull = `${html}/pull-requests/3`
const clone = [
  { href: 'https://git.example.com/scm/team/app.git', name: 'http' },
  { href: 'ssh://git@git.example.com:7999/team/app.git', name: 'ssh' },
]
const centerPull = 'https://git.example.com/projects/TEAM/repos/app/pull-requests/9'

export const bitbucket: Samples = {
  sign: hmac('x-hub-signature'),
  idHeader: 'x-request-uuid',
  samples: [
    {
      name: 'a push to Cloud',
      headers: { 'x-event-key': 'repo:push' },
      body: {
        repository: { full_name: 'team_name/repo_name', links: { html: { href: html } } },
        push: { changes: [{ new: branch, old: branch, created: false, closed: false }] },
      },
      expect: [
        {
          type: 'git',
          repoURLs: [html, 'git@bitbucket.org:team_name/repo_name.git'],
          refs: ['refs/heads/main'],
        },
      ],
    },
    {
      name: 'a new tag and a deleted branch in Cloud',
      headers: { 'x-event-key': 'repo:push' },
      body: {
        repository: { full_name: 'team_name/repo_name', links: { html: { href: html } } },
        push: {
          changes: [
            { new: { type: 'tag', name: 'v1' }, old: null },
            { new: null, old: branch },
          ],
        },
      },
      expect: [
        {
          type: 'git',
          repoURLs: [html, 'git@bitbucket.org:team_name/repo_name.git'],
          refs: ['refs/tags/v1', 'refs/heads/main'],
        },
      ],
    },
    {
      name: 'a merged pull request in Cloud',
      headers: { 'x-event-key': 'pullrequest:fulfilled' },
      body: { pullrequest: { id: 3, links: { html: { href: pull } } } },
      expect: [{ type: 'pull-request', urls: [pull] }],
    },
    {
      name: 'a push to Data Center',
      headers: { 'x-event-key': 'repo:refs_changed' },
      body: {
        repository: { slug: 'app', links: { clone } },
        changes: [{ ref: { id: 'refs/heads/main', displayId: 'main', type: 'BRANCH' } }],
      },
      expect: [{ type: 'git', repoURLs: clone.map(({ href }) => href), refs: ['refs/heads/main'] }],
    },
    {
      name: 'a declined pull request in Data Center',
      headers: { 'x-event-key': 'pr:declined' },
      body: { pullRequest: { id: 9, links: { self: [{ href: centerPull }] } } },
      expect: [{ type: 'pull-request', urls: [centerPull] }],
    },
    {
      name: 'a merged pull request in Data Center, beside a link that it could not make',
      headers: { 'x-event-key': 'pr:merged' },
      body: { pullRequest: { id: 9, links: { self: [null, { href: centerPull }] } } },
      expect: [{ type: 'pull-request', urls: [centerPull] }],
    },
    {
      name: 'a rejected pull request in Cloud',
      headers: { 'x-event-key': 'pullrequest:rejected' },
      body: { pullrequest: { id: 3, state: 'DECLINED', links: { html: { href: pull } } } },
      expect: [{ type: 'pull-request', urls: [pull] }],
    },
    {
      name: 'a ping of Data Center',
      headers: { 'x-event-key': 'diagnostics:ping' },
      body: { test: true },
      expect: 'ignored',
    },
    {
      name: 'a fork',
      headers: { 'x-event-key': 'repo:fork' },
      body: {},
      expect: 'unsupported',
    },
  ],
}
