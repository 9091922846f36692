/** What does not work is said on the page where it does not work, and everything else goes on. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type ServerResponse, createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { type Gantry, startGantry } from '../../scripts/demo/gantry.ts'
import type { Freight } from '../../src/core/kinds/freight.ts'
import type { Stage } from '../../src/core/kinds/stage.ts'
import { type GitServer, startGitServer } from '../servers/git-server.ts'
import { type Registry, pushSampleImage, startRegistry } from '../servers/registry.ts'
import { openBrowser, shoot, skip } from './browser.ts'
import { until } from './gantry-process.ts'
import { manifestsOf, stepsThatPushTo } from './manifests.ts'

const { warehouse, stage } = manifestsOf('quickstart')

let folder: string
let git: GitServer
let registry: Registry
let gantry: Gantry
let browser: Browser
let page: Page
/** Name of the one Freight of the Warehouse `web`. */
let freight: string

before(async () => {
  if (skip) return
  ;({ browser, page } = await openBrowser())
  folder = await mkdtemp(join(tmpdir(), 'gantry-page-bad-'))
  git = await startGitServer({ accounts: [{ username: 'bot', password: 'secret-password' }] })
  await git.createRepo('deploy', { 'version.txt': '0\n' })
  registry = await startRegistry({})
  await pushSampleImage(registry, 'web', '1.0.0', {
    created: '2026-01-01T00:00:00Z',
    content: '1.0.0',
  })
  gantry = await startGantry(folder)
  await apply(`apiVersion: kargo.akuity.io/v1alpha1
kind: Project
metadata: {name: quickstart}
`)
  await apply(warehouse('web', `image: {repoURL: ${registry.host}/web}`))
  freight = await until('Freight', async () => {
    const { items } = await gantry.get<{ items: Freight[] }>(['freight'])
    return items[0]?.metadata.name
  })
  await apply(stage('good', {}))
  await page.goto(gantry.link)
})

after(async () => {
  await browser?.close()
  await gantry?.stop()
  await git?.close()
  await registry?.close()
  if (folder) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

test('a Stage that cannot work says so in the graph, and why beside it', { skip }, async () => {
  await apply(stage('no-step', { steps: '[{uses: git-comit}]' }))
  await apply(stage('no-task', { steps: '[{task: {name: deploy-it}}]' }))
  await apply(stage('no-warehouse', { warehouse: 'nowhere' }))
  await apply(stage('egg', { sources: '{stages: [hen]}' }))
  await apply(stage('hen', { sources: '{stages: [egg]}' }))
  for (const [name, reason, sentence] of [
    ['no-step', 'UnknownStep', /"git-comit", which does not exist.*git-commit/],
    ['no-task', 'TaskNotFound', /PromotionTask deploy-it, which does not exist: create it/],
    ['no-warehouse', 'WarehouseNotFound', /warehouse nowhere, which does not exist: create it/],
    ['egg', 'UpstreamCycle', /egg -> hen -> egg take freight .* only from each other/],
  ] as const) {
    await open(`stage=${name}`)
    await page.getByTestId(`stage-${name}`).getByText(reason).waitFor()
    await sentenceIn(inspector(`Stage ${name}`), sentence)
  }
  await shoot(page, 'bad-stages')
})

test('the way back in a circle of Stages is drawn where it is seen', { skip }, async () => {
  await open('')
  const ends = [page.getByTestId('stage-egg'), page.getByTestId('stage-hen')]
  const ways = ['hen->stage/egg', 'egg->stage/hen'].map((way) =>
    page.locator(`[data-id="stage/${way}"] .react-flow__edge-path`),
  )
  await Promise.all(ways.map((way) => way.waitFor({ state: 'attached' })))
  const [lowestEnd, lowestWay] = await Promise.all([lowest(ends), lowest(ways)])
  assert.equal(lowestWay > lowestEnd, true, `${lowestWay} is beneath ${lowestEnd}`)
})

async function lowest(elements: readonly Locator[]): Promise<number> {
  const boxes = await Promise.all(elements.map((element) => element.boundingBox()))
  return Math.max(...boxes.map((box) => (box?.y ?? 0) + (box?.height ?? 0)))
}

test(
  'a deleted Warehouse is named at the Stage that asks for it, without a reload',
  { skip },
  async () => {
    await apply(warehouse('brief', `image: {repoURL: ${registry.host}/web}`))
    await apply(stage('left', { warehouse: 'brief' }))
    await open('stage=left')
    await page.getByTestId('stage-left').getByText('empty').waitFor()
    await gantry.run(['delete', 'warehouse', 'brief'])
    await page.getByTestId('stage-left').getByText('WarehouseNotFound').waitFor()
    await sentenceIn(inspector('Stage left'), /warehouse brief, which does not exist/)
  },
)

test(
  'a Warehouse says which credential it lacks, or what cannot be reached',
  { skip },
  async () => {
    await apply(warehouse('closed', `git: {repoURL: '${git.repoURL('deploy')}'}`))
    await apply(warehouse('dead', 'image: {repoURL: "127.0.0.1:1/web"}'))
    await open('warehouse=closed')
    await sentenceIn(inspector('Warehouse closed'), /asks for a credential.*cred-type: git/)
    await open('warehouse=dead')
    await sentenceIn(inspector('Warehouse dead'), /127\.0\.0\.1:1.*ECONNREFUSED/)
    await shoot(page, 'bad-warehouse')
  },
)

test(
  'a promotion that failed says at which step and why, in the words of the server',
  { skip },
  async () => {
    await apply(`apiVersion: v1
kind: Secret
metadata: {name: deploy, namespace: quickstart, labels: {kargo.akuity.io/cred-type: git}}
stringData: {repoURL: '${git.repoURL('deploy')}', username: bot, password: secret-password}
`)
    await git.rejectPushes('deploy', 'policy: nobody deploys on Fridays')
    await apply(stage('pushes', { steps: pushTo('deploy') }))
    await open('stage=pushes')
    await page.getByRole('button', { name: 'Promote 1.0.0 to pushes' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Promote to pushes' }).click()
    await page.getByTestId('phase').getByText('Errored').waitFor()
    await sentenceIn(page.locator('aside'), /nobody deploys on Fridays/)
    await page.getByTestId('stage-pushes').getByText('errored').waitFor()
    await shoot(page, 'bad-push')
    await open('stage=pushes')
    await sentenceIn(inspector('Stage pushes'), /nobody deploys on Fridays/)
  },
)

test(
  'a Project that does not exist is said to be missing, and appears by itself once it is made',
  { skip },
  async () => {
    await page.goto(`${gantry.url}/projects/later`)
    const missing = page.getByRole('alert').getByText('Project later cannot be read')
    await missing.waitFor()
    assert.equal(await page.getByText(/reconnecting/).count(), 0)
    await apply('{apiVersion: kargo.akuity.io/v1alpha1, kind: Project, metadata: {name: later}}')
    await page.getByText('live', { exact: true }).waitFor()
    await missing.waitFor({ state: 'detached' })
    await page.getByText(/kind: Warehouse/).waitFor()
    await shoot(page, 'empty-project')
  },
)

test(
  'Freight and Stages beyond what is shown at first are counted, and shown when asked for',
  { skip },
  async () => {
    const { warehouse, stage } = manifestsOf('later')
    const images = Array.from({ length: 60 }, (_, index) => `1.0.${index}`)
    await apply(
      [
        warehouse('web', `image: {repoURL: ${registry.host}/web}`),
        ...images.map(
          (tag) => `apiVersion: kargo.akuity.io/v1alpha1
kind: Freight
metadata: {name: f, namespace: later}
origin: {kind: Warehouse, name: web}
images: [{repoURL: ${registry.host}/web, tag: ${tag}}]
`,
        ),
      ].join('---\n'),
    )
    const rows = page.getByRole('region', { name: 'Freight' }).getByRole('rowheader')
    await page.getByText(/^The newest 50 of 6\d are shown/).waitFor()
    assert.equal(await rows.count(), 50)
    await page.getByRole('button', { name: 'Show more Freight' }).click()
    await page.getByText(/^The newest 50 of/).waitFor({ state: 'detached' })
    assert.equal((await rows.count()) >= 60, true)

    const names = Array.from({ length: 450 }, (_, at) => `many-${at}`)
    await apply(names.map((name) => stage(name)).join('---\n'))
    const columns = page.getByRole('region', { name: 'Freight' }).getByRole('columnheader')
    await page.getByText('The first 60 of 450 Stages are shown').waitFor()
    assert.equal(await columns.count(), 62)
    await page.getByRole('button', { name: 'Show more Stages' }).click()
    await page.getByText('The first 120 of 450 Stages are shown').waitFor()
    assert.equal(await columns.count(), 122)
    // Of a graph of hundreds only what is in sight is in the document.
    const drawn = page.getByTestId(/^stage-many-/)
    await drawn.first().waitFor()
    assert.equal((await drawn.count()) < names.length, true)
  },
)

test('a stream that a proxy refuses for a while is asked for again', { skip }, async () => {
  let refusals = 0
  await page.route('**/gantry/stream*', async (route) => {
    refusals += 1
    await (refusals === 1 ? route.fulfill({ status: 503, body: 'busy' }) : route.continue())
  })
  await open('')
  await page.getByTestId('stage-good').waitFor()
  await page.getByText('live', { exact: true }).waitFor()
  assert.equal(refusals > 1, true)
  await page.unroute('**/gantry/stream*')
})

test(
  'a step that takes long shows for how long, and what was said before it stands in the log',
  { skip },
  async () => {
    const answers: ServerResponse[] = []
    const slow = createServer((_, response) => answers.push(response)).listen(0, '127.0.0.1')
    await once(slow, 'listening')
    const address = slow.address()
    const port = typeof address === 'object' ? address?.port : undefined
    try {
      const steps = `[{uses: compose-output, as: first, config: {a: b}}, {uses: http, config: {url: 'http://127.0.0.1:${port}'}}]`
      await apply(stage('slow', { steps }))
      await open('stage=slow')
      await page.getByRole('button', { name: 'Promote 1.0.0 to slow' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Promote to slow' }).click()
      await page.getByTestId('phase').getByText('Running').waitFor()
      await page.locator('aside pre').getByText('Succeeded').waitFor()
      await page
        .getByTestId('step-http')
        .getByText(/^[1-9]\d* s$/)
        .waitFor()
      assert.equal(
        await page
          .getByTestId('phase')
          .innerText()
          .then((text) => text.includes('Running')),
        true,
      )
    } finally {
      for (const answer of answers) answer.end('{}')
      slow.close()
    }
    await page.getByTestId('phase').getByText('Succeeded').waitFor()
  },
)

test('a promotion that cannot be judged says so where it is asked for', { skip }, async () => {
  await open('')
  await page.route('**/explain*', (route) =>
    route.fulfill({ status: 503, body: '{"error": "the store is away", "code": "Unavailable"}' }),
  )
  await page.getByRole('button', { name: 'Promote 1.0.0 to good' }).click()
  await page.getByRole('dialog').getByRole('alert').getByText('the store is away').waitFor()
  await page.unroute('**/explain*')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
})

test(
  'everything else goes on: the Stage beside them takes the Freight by clicking',
  { skip },
  async () => {
    await open('stage=good')
    await page.getByRole('button', { name: 'Promote 1.0.0 to good' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Promote to good' }).click()
    await page.getByTestId('phase').getByText('Succeeded').waitFor()
    await page.getByTestId('stage-good').getByText('1.0.0').waitFor()
    const { status } = await gantry.get<Stage>(['stage', 'good'])
    const [held] = Object.values(status?.freightHistory?.[0]?.items ?? {})
    assert.equal(held?.name, freight)
  },
)

test(
  'S5: markup in what others wrote is text, and no link of theirs is one',
  { skip },
  async () => {
    const problems: string[] = []
    page.on('dialog', (dialog) => {
      problems.push(`a dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) problems.push(message.text())
    })
    const hostile = '<img src=x onerror=alert(1)><script>alert(2)</script>[x](javascript:alert(3))'
    await git.createRepo('hostile')
    await git.commit('hostile', 'main', { 'a.txt': 'a' }, hostile)
    await apply(`apiVersion: v1
kind: Secret
metadata: {name: hostile, namespace: quickstart, labels: {kargo.akuity.io/cred-type: git}}
stringData: {repoURL: '${git.repoURL('hostile')}', username: bot, password: secret-password}
`)
    await apply(warehouse('hostile', `git: {repoURL: '${git.repoURL('hostile')}', branch: main}`))
    await open('warehouse=hostile')
    await inspector('Warehouse hostile').getByText(hostile).waitFor()
    await shoot(page, 'hostile-warehouse')

    const steps = JSON.stringify([{ uses: 'fail', config: { message: hostile } }])
    await apply(stage('hostile', { steps }))
    await open('stage=hostile')
    await page.getByRole('button', { name: 'Promote 1.0.0 to hostile' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Promote to hostile' }).click()
    await page.getByTestId('phase').getByText('Failed').waitFor()
    await sentenceIn(page.locator('aside'), /onerror=alert\(1\)/)

    assert.equal(await page.locator('img[src="x"], [onerror], [onload]').count(), 0)
    assert.deepEqual(await page.locator('a').evaluateAll(foreignLinks), [])
    assert.deepEqual(problems, [])
  },
)

/** Runs in the browser: the links that lead anywhere but to this page. */
function foreignLinks(links: readonly Element[]): string[] {
  return links
    .map((link) => link.getAttribute('href') ?? '')
    .filter((href) => !href.startsWith('/') && !href.startsWith('https://reactflow.dev'))
}

test(
  'a server whose data folder is deleted is said to be gone, and what was last so stays to be seen',
  { skip },
  async () => {
    await rm(join(folder, 'data'), { recursive: true, force: true })
    await page.getByText(/^reconnecting, last update/).waitFor()
    assert.equal(await page.getByTestId('stage-good').getByText('1.0.0').isVisible(), true)
    await shoot(page, 'bad-data-folder')
  },
)

function apply(manifest: string): Promise<string> {
  return gantry.run(['apply', '-f', '-'], manifest)
}

const pushTo = (repo: string): string => stepsThatPushTo(git.repoURL(repo))

async function open(query: string): Promise<void> {
  await page.goto(`${gantry.url}/projects/quickstart?${query}`)
}

function inspector(label: string): Locator {
  return page.getByRole('complementary', { name: label })
}

async function sentenceIn(place: Locator, sentence: RegExp): Promise<void> {
  await place.getByText(sentence).first().waitFor()
}
