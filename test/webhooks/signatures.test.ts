import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { secret, startBench } from './bench.ts'
import { samplesOf } from './samples/index.ts'

const digest = (algorithm: string, body: string, key = secret): string =>
  createHmac(algorithm, key).update(body).digest('hex')
const hex = (body: string): string => digest('sha256', body)

interface Case {
  readonly kind: string
  readonly why: string
  readonly status: 200 | 401
  /** The headers that prove where the body comes from. */
  proof(body: string): Record<string, string>
}

const right = (kind: string, why: string, proof: Case['proof']): Case => ({
  kind,
  why,
  proof,
  status: 200,
})
const wrong = (kind: string, why: string, proof: Case['proof']): Case => ({
  kind,
  why,
  proof,
  status: 401,
})

const cases: readonly Case[] = [
  right('github', 'as GitHub signs', (body) => ({ 'x-hub-signature-256': `sha256=${hex(body)}` })),
  wrong('github', 'in the header of SHA-1 only', (body) => ({
    'x-hub-signature': `sha1=${digest('sha1', body)}`,
  })),
  wrong('github', 'of another algorithm', (body) => ({
    'x-hub-signature-256': `sha1=${digest('sha1', body)}`,
  })),
  wrong('github', 'of another body', () => ({ 'x-hub-signature-256': `sha256=${hex('{}')}` })),
  wrong('github', 'cut short', (body) => ({
    'x-hub-signature-256': `sha256=${hex(body).slice(0, 32)}`,
  })),
  wrong('github', 'an empty header', () => ({ 'x-hub-signature-256': '' })),
  wrong('github', 'the secret itself', () => ({ 'x-hub-signature-256': secret })),
  right('gitea', 'as Gitea signs', (body) => ({
    'x-hub-signature-256': `sha256=${hex(body)}`,
    'x-gitea-signature': hex(body),
  })),
  right('gitea', 'as Gitea before 1.14 signs', (body) => ({ 'x-gitea-signature': hex(body) })),
  right('gitea', 'as Forgejo signs', (body) => ({ 'x-forgejo-signature': hex(body) })),
  right('gitea', 'as Gogs signs', (body) => ({ 'x-gogs-signature': hex(body) })),
  wrong('gitea', 'one good header beside a bad one that comes first', (body) => ({
    'x-hub-signature-256': `sha256=${hex('{}')}`,
    'x-gitea-signature': hex(body),
  })),
  wrong('gitea', 'of SHA-1', (body) => ({ 'x-hub-signature': `sha1=${digest('sha1', body)}` })),
  right('bitbucket', 'as Bitbucket signs', (body) => ({
    'x-hub-signature': `sha256=${hex(body)}`,
  })),
  wrong('bitbucket', 'in the header of GitHub', (body) => ({
    'x-hub-signature-256': `sha256=${hex(body)}`,
  })),
  right('artifactory', 'as Artifactory signs', (body) => ({ 'x-jfrog-event-auth': hex(body) })),
  wrong('artifactory', 'the secret itself', () => ({ 'x-jfrog-event-auth': secret })),
  right('gitlab', 'the token', () => ({ 'x-gitlab-token': secret })),
  wrong('gitlab', 'a longer token', () => ({ 'x-gitlab-token': `${secret}x` })),
  wrong('gitlab', 'a signature', (body) => ({ 'x-gitlab-token': hex(body) })),
  right('harbor', 'the header', () => ({ authorization: secret })),
  wrong('harbor', 'the header of another scheme', () => ({ authorization: `Bearer ${secret}` })),
]

for (const { kind, why, status, proof } of cases) {
  test(`${kind} ${status === 200 ? 'lets in' : 'turns away'}: ${why}`, async (t) => {
    const { addReceiver } = await startBench(t)
    const address = await addReceiver(kind)
    const sample = samplesOf[kind]?.samples[0]
    assert.ok(sample)
    const body = JSON.stringify(sample.body)
    const answer = await fetch(address, {
      method: 'POST',
      body,
      headers: { ...sample.headers, ...proof(body) },
    })
    assert.equal(answer.status, status)
    if (status === 200) return
    const text = await answer.text()
    assert.equal((JSON.parse(text) as { code: string }).code, 'Unauthorized')
    assert.ok(!text.includes(secret) && !text.includes(hex(body)), text)
  })
}
