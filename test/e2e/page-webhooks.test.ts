/** What webhook receivers were sent is told on the page: what came of it, and why. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { type Gantry, startGantry } from '../../scripts/demo/gantry.ts'
import type { ProjectConfig } from '../../src/core/kinds/project-config.ts'
import { type GitServer, startGitServer } from '../servers/git-server.ts'
import { limitMs, openBrowser, shoot, skip } from './browser.ts'
import { until } from './gantry-process.ts'

const secret = 'a-secret-of-the-page'

let folder: string
let git: GitServer
let gantry: Gantry
let browser: Browser
let page: Page
let address: string

before(async () => {
  if (skip) return
  ;({ browser, page } = await openBrowser())
  folder = await mkdtemp(join(tmpdir(), 'gantry-page-hooks-'))
  git = await startGitServer({})
  await git.createRepo('app', { 'version.txt': '0\n' })
  gantry = await startGantry(folder)
  await gantry.run(['apply', '-f', '-'], manifests())
  address = await until('the address', async () => {
    const config = await gantry.get<ProjectConfig>(['projectconfig', 'quickstart'])
    return config.status?.webhookReceivers?.[0]?.url
  })
  await page.goto(gantry.link)
})

after(async () => {
  await browser?.close()
  await gantry?.stop()
  await git?.close()
  if (folder) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

const manifests = (): string => `apiVersion: kargo.akuity.io/v1alpha1
kind: Project
metadata: {name: quickstart}
---
apiVersion: v1
kind: Secret
metadata: {name: hook, namespace: quickstart}
stringData: {secret: ${secret}}
---
apiVersion: kargo.akuity.io/v1alpha1
kind: ProjectConfig
metadata: {name: quickstart, namespace: quickstart}
spec:
  webhookReceivers:
    - name: github
      github: {secretRef: {name: hook}}
---
apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: {name: app, namespace: quickstart}
spec:
  subscriptions:
    - git: {repoURL: '${git.repoURL('app')}', branch: main}
`

interface Sent {
  readonly event?: string
  readonly id: string
  readonly body: string
  readonly key?: string
}

async function send({ event = 'push', id, body, key = secret }: Sent): Promise<number> {
  const signature = createHmac('sha256', key).update(body).digest('hex')
  const { status } = await fetch(address, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': id,
      'x-hub-signature-256': `sha256=${signature}`,
    },
  })
  return status
}

const push = (ref = 'refs/heads/main'): string =>
  JSON.stringify({ ref, repository: { clone_url: git.repoURL('app'), default_branch: 'main' } })

test(
  'the panel of a Warehouse lists good, repeated, forged and malformed deliveries, each with what came of it',
  { skip, timeout: 2 * limitMs },
  async () => {
    const statuses = [
      await send({ event: 'ping', id: '1', body: '{}' }),
      await send({ id: '2', body: push() }),
      await send({ id: '2', body: push() }),
      await send({ id: '3', body: push(), key: 'another' }),
      await send({ id: '4', body: JSON.stringify({ ref: 5 }) }),
      await send({ event: 'star', id: '5', body: '{}' }),
      await send({ id: '6', body: push('refs/heads/feature/a-long-name-that-goes-on-and-on') }),
    ]
    assert.deepEqual(statuses, [200, 200, 200, 401, 400, 400, 200])
    await page.goto(`${gantry.url}/projects/quickstart?warehouse=app`)
    const rows = page.getByTestId('deliveries').locator('li')
    await rows.nth(6).scrollIntoViewIfNeeded()
    await shoot(page, 'webhooks')
    await page.emulateMedia({ colorScheme: 'dark' })
    await shoot(page, 'webhooks-dark')
    await page.emulateMedia({ colorScheme: null })
    const told = [
      /woke nothing.*feature\/a-long-name.*No subscription and no promotion waits/s,
      /not supported.*github star.*need not send it/s,
      /malformed.*github push.*ref/s,
      /forged.*github push.*X-Hub-Signature-256.*came from 127\.0\.0\.1/s,
      /repeated.*The same came/s,
      /woke this Warehouse.*app\.git refs\/heads\/main/s,
      /nothing to do.*ping/s,
    ]
    for (const [index, pattern] of told.entries())
      assert.match((await rows.nth(index).textContent()) ?? '', pattern)
    assert.equal(await rows.count(), told.length)
    assert.doesNotMatch((await page.textContent('body')) ?? '', new RegExp(secret))
    for (let round = 0; round < 4; round += 1)
      await send({ id: `more-${round}`, body: push(`refs/tags/v${round}`) })
    await page.getByRole('button', { name: 'Show older' }).click()
    await rows.nth(10).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Show older' }).count(), 0)
    await page.setViewportSize({ width: 400, height: 800 })
    await rows.nth(10).scrollIntoViewIfNeeded()
    await shoot(page, 'webhooks-narrow')
    const isOverflowing = 'document.documentElement.scrollWidth > window.innerWidth'
    assert.equal(await page.evaluate(isOverflowing), false)
  },
)
