import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Browser, Locator, Page } from 'playwright-core'
import { type Gantry, startGantry } from '../../scripts/demo/gantry.ts'
import { quickstartManifests } from '../../scripts/demo/manifests.ts'
import { type World, gitRepo, imageRepo, startWorld } from '../../scripts/demo/world.ts'
import type { Freight } from '../../src/core/kinds/freight.ts'
import { limitMs, openBrowser, shoot, skip } from './browser.ts'
import { until } from './gantry-process.ts'

let folder: string
let world: World
let gantry: Gantry
let browser: Browser
let page: Page

before(async () => {
  if (skip) return
  ;({ browser, page } = await openBrowser())
  folder = await mkdtemp(join(tmpdir(), 'gantry-page-'))
  world = await startWorld()
  gantry = await startGantry(folder)
  await gantry.run(['apply', '-f', '-'], await quickstartManifests(world))
})

after(async () => {
  await browser?.close()
  await gantry?.stop()
  await world?.close()
  if (folder) await rm(folder, { recursive: true, force: true })
})

test(
  'without a session the page asks to sign in, and shows nothing else',
  { skip, timeout: limitMs },
  async () => {
    await page.goto(`${gantry.url}/projects/quickstart`)
    await page.getByRole('heading', { name: 'Sign in to Gantry' }).waitFor()
    assert.equal(await page.getByTestId('stage-prod').count(), 0)
  },
)

test(
  'the link signs in, and a promotion by clicking ends as a commit in git',
  { skip, timeout: 3 * limitMs },
  async () => {
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    await page.goto(gantry.link)
    await page.getByRole('link', { name: /quickstart/ }).click()

    const testStage = page.getByTestId('stage-test')
    await testStage.getByText('1.2.0').waitFor()
    await page.getByTestId('stage-test').getByText('healthy').waitFor()
    await shoot(page, 'pipeline-before')
    assert.equal(await branchExists('stage/uat'), false)

    await page.getByRole('button', { name: 'Promote 1.2.0 to uat' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('1.2.0').first().waitFor()
    await shoot(page, 'promote')
    await dialog.getByRole('button', { name: 'Promote to uat' }).click()

    await page.getByTestId('phase').getByText('Succeeded').waitFor()
    await shoot(page, 'promotion')
    await page.getByTestId('stage-uat').getByText('1.2.0').waitFor()
    const overlay = await world.git.readFile(gitRepo, 'stage/uat', 'stages/uat/kustomization.yaml')
    assert.match(overlay ?? '', /newTag: 1\.2\.0 # set by promotions/)
    assert.equal((await world.git.commits(gitRepo, 'stage/uat')).length > 0, true)
    assert.deepEqual(problems, [])
  },
)

test(
  'a promotion that may not be is refused with the reason before it is asked for',
  { skip, timeout: limitMs },
  async () => {
    await world.pushImage('1.4.0')
    await gantry.run(['refresh', 'warehouse', 'web'])
    const cell = page.getByRole('button', { name: 'Promote 1.4.0 to prod' })
    await cell.getByText('needs uat').waitFor()
    await cell.click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText(/uat/).first().waitFor()
    assert.equal(await dialog.getByRole('button', { name: 'Promote to prod' }).isDisabled(), true)
    await dialog.getByRole('button', { name: 'Cancel' }).click()
  },
)

test(
  'without a mouse: Stages follow each other as they flow, Enter opens one, Escape closes it and gives the focus back',
  { skip, timeout: limitMs },
  async () => {
    await page.goto(`${gantry.url}/projects/quickstart`)
    const prod = page.getByRole('button', { name: /^Stage prod/ })
    await prod.focus()
    const names = await page
      .getByRole('region', { name: 'Pipeline' })
      .getByRole('button', { name: /^(Warehouse|Stage) / })
      .evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label') ?? ''))
    assert.deepEqual(
      names.map((name) => name.split(/[ ,]/)[1]),
      ['web', 'test', 'uat', 'prod'],
    )
    await page.keyboard.press('Enter')
    const panel = page.getByRole('complementary', { name: 'Stage prod' })
    await panel.waitFor()
    assert.equal(await panel.evaluate((element) => element === document.activeElement), true)
    await panel.getByText(/has not been verified in stage uat/).waitFor()

    const promote = page.getByRole('button', { name: 'Promote 1.4.0 to prod' })
    await promote.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await until('the focus on the button', () => hasFocus(promote))
    assert.equal(await panel.isVisible(), true, 'one Escape closes one thing')
    await prod.focus()
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'detached' })
    await until('the focus on the Stage', () => hasFocus(prod))
    assert.equal(await page.title(), 'quickstart · Gantry')
  },
)

test(
  'a piece of Freight has an address, which says what is in it and where it has been',
  { skip, timeout: limitMs },
  async () => {
    await page.goto(`${gantry.url}/projects/quickstart`)
    await page
      .getByRole('rowheader', { name: /^1\.4\.0/ })
      .getByRole('button')
      .click()
    const panel = page.getByRole('complementary', { name: 'Freight 1.4.0' })
    await panel.getByText(world.registry.host).waitFor()
    assert.match(page.url(), /\?freight=[0-9a-f]{40}$/)
    await panel
      .getByText(/verified/)
      .first()
      .waitFor()
    await shoot(page, 'freight')
    await panel.getByRole('button', { name: 'Warehouse web' }).click()
    await page.getByRole('complementary', { name: 'Warehouse web' }).waitFor()
    await page.goBack()
    await panel.getByRole('button', { name: 'Promote 1.4.0 to prod' }).click()
    await page
      .getByRole('dialog')
      .getByText(/has not been verified in stage uat/)
      .waitFor()
    await page.keyboard.press('Escape')
  },
)

test(
  'a Warehouse shows each subscription with its looks and what they found, and what is wrong where it is',
  { skip, timeout: limitMs },
  async () => {
    const broken = `apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: {name: broken, namespace: quickstart}
spec:
  interval: 1m
  subscriptions:
    - name: gone
      image: {repoURL: '127.0.0.1:9/team/app'}
`
    await gantry.run(['apply', '-f', '-'], broken)
    await page.goto(`${gantry.url}/projects/quickstart?warehouse=web`)
    const subscription = page.getByTestId('subscription-0')
    await subscription.getByText('up to date').waitFor()
    await subscription.getByText(/in the last look/).waitFor()
    await page.getByRole('button', { name: 'Refresh' }).click()
    await shoot(page, 'warehouse')
    await page.goto(`${gantry.url}/projects/quickstart?warehouse=broken`)
    await page.getByTestId('subscription-0').getByRole('alert').waitFor()
    await page
      .getByTestId('subscription-0')
      .getByText(/No Freight is made/)
      .waitFor()
    await shoot(page, 'warehouse-broken')
    await page.emulateMedia({ colorScheme: 'dark' })
    await shoot(page, 'warehouse-broken-dark')
    await page.emulateMedia({ colorScheme: null })
    await gantry.run(['delete', 'warehouse', 'broken', '-p', 'quickstart'])
    await page.goto(`${gantry.url}/projects/quickstart`)
  },
)

test(
  'Freight is put together by clicking, of what a Warehouse that makes none by itself has found',
  { skip, timeout: 2 * limitMs },
  async () => {
    const byHand = `apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: {name: by-hand, namespace: quickstart}
spec:
  freightCreationPolicy: Manual
  subscriptions:
    - image: {repoURL: '${world.registry.host}/${imageRepo}', constraint: '>=0.9.0'}
    - name: manifests
      git: {repoURL: '${world.git.repoURL(gitRepo)}', branch: main}
`
    const oldest = (await world.git.commits(gitRepo, 'main')).at(-1)
    await world.git.commit(gitRepo, 'main', { 'README.md': 'news' }, 'a newer commit')
    await gantry.run(['apply', '-f', '-'], byHand)
    await gantry.run(['refresh', 'warehouse', 'by-hand', '--wait', '-p', 'quickstart'])
    const made = async (): Promise<readonly Freight[]> => {
      const answer = await gantry.run(['get', 'freight', '-p', 'quickstart', '-o', 'json'])
      const { items }: { items: Freight[] } = JSON.parse(answer)
      return items.filter(({ origin }) => origin.name === 'by-hand')
    }
    assert.deepEqual(await made(), [])

    await page.goto(`${gantry.url}/projects/quickstart?warehouse=by-hand`)
    const images = page.getByTestId(/^offer-/).filter({ hasText: imageRepo })
    await images.locator('summary').click()
    await images.getByRole('radio', { name: '1.1.0' }).check()
    const commits = page.getByTestId(/^offer-/).filter({ hasText: 'manifests' })
    await commits.locator('summary').click()
    await commits.getByRole('radio', { name: oldest?.id.slice(0, 7) ?? '' }).check()
    await page.getByTestId('assembly').scrollIntoViewIfNeeded()
    await shoot(page, 'assemble')
    await page.emulateMedia({ colorScheme: 'dark' })
    await shoot(page, 'assemble-dark')
    await page.emulateMedia({ colorScheme: null })
    assert.deepEqual(await made(), [], 'choosing makes nothing')
    const button = page.getByRole('button', { name: 'Make Freight' })
    await button.click()
    const [first, ...others] = await until('the Freight', async () => {
      const items = await made()
      return items.length > 0 ? items : undefined
    })
    assert.deepEqual(others, [])
    assert.equal(first?.images?.[0]?.tag, '1.1.0')
    assert.equal(first.commits?.[0]?.id, oldest?.id)
    await page.getByRole('status').getByText(`${first.alias} was made`).waitFor()
    await page.getByText(`${first.alias} holds exactly these`).waitFor()
    assert.equal(await button.isDisabled(), true)
    await button.scrollIntoViewIfNeeded()
    await shoot(page, 'assembled')

    await images.getByRole('radio').first().check()
    await button.click()
    await page.getByRole('status').waitFor()
    assert.equal((await made()).length, 2)
    await page.getByRole('button', { name: `Choose the artifacts of ${first.alias}` }).click()
    assert.equal(await images.getByRole('radio', { name: '1.1.0' }).isChecked(), true)
    await page.getByText(`${first.alias} holds exactly these`).waitFor()
    assert.equal(await page.getByRole('status').count(), 0, 'it was not made just now')
    await shoot(page, 'assembled-twice')
    await page.setViewportSize({ width: 400, height: 800 })
    await page.getByTestId('assembly').scrollIntoViewIfNeeded()
    await shoot(page, 'assemble-narrow')
    await page.setViewportSize({ width: 1360, height: 820 })
    await gantry.run(['delete', 'warehouse', 'by-hand', '-p', 'quickstart'])
    for (const { metadata } of await made())
      await gantry.run(['delete', 'freight', metadata.name, '-p', 'quickstart'])
    await page.goto(`${gantry.url}/projects/quickstart`)
  },
)

test(
  'the picture is the same after the server was killed and started again',
  { skip, timeout: 2 * limitMs },
  async () => {
    await gantry.kill()
    gantry = await startGantry(folder, new URL(gantry.url).port)
    await page.getByText('live', { exact: true }).waitFor()
    await page.getByTestId('stage-uat').getByText('1.2.0').waitFor()
    await wait(300)
    await shoot(page, 'pipeline')
    await page.emulateMedia({ colorScheme: 'dark' })
    await shoot(page, 'pipeline-dark')
    await page.setViewportSize({ width: 400, height: 800 })
    await wait(300)
    await shoot(page, 'pipeline-narrow')
  },
)

test(
  'on a phone the pipeline is a list, and a thumb promotes from the list of Freight',
  { skip, timeout: 2 * limitMs },
  async () => {
    await page.emulateMedia({ colorScheme: null })
    await page.setViewportSize({ width: 390, height: 844 })
    await page.goto(`${gantry.url}/projects/quickstart`)
    const stages = page.getByRole('region', { name: 'Pipeline' }).getByRole('listitem')
    await stages.filter({ hasText: 'prod' }).getByText('empty').waitFor()
    assert.deepEqual(
      (await stages.getByRole('button').all()).length,
      4,
      'the Warehouse and three Stages',
    )
    assert.equal(await page.locator('.react-flow').count(), 0)
    await page.getByTestId('stage-uat').getByText('1.4.0 waits').waitFor()
    await shoot(page, 'phone')

    const promote = page.getByRole('button', { name: 'Promote 1.4.0 to uat' })
    assert.equal(((await promote.boundingBox())?.height ?? 0) >= 44, true)
    await promote.click()
    await page.getByRole('dialog').getByRole('button', { name: 'Promote to uat' }).click()
    await page.getByTestId('phase').getByText('Succeeded').waitFor()
    assert.equal(await stages.count(), 0, 'what is open has the whole screen')
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390)
    await shoot(page, 'phone-promotion')
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByTestId('stage-uat').getByText('1.4.0').waitFor()
    await page.emulateMedia({ colorScheme: 'dark' })
    await shoot(page, 'phone-dark')
    await page.getByRole('button', { name: /^1\.4\.0/ }).click()
    await page.getByRole('complementary', { name: 'Freight 1.4.0' }).waitFor()
    await shoot(page, 'phone-freight')
    await page.emulateMedia({ colorScheme: null })
  },
)

function hasFocus(element: Locator): Promise<boolean> {
  return element.evaluate((node) => node === document.activeElement)
}

async function branchExists(branch: string): Promise<boolean> {
  return (await world.git.branches(gitRepo)).includes(branch)
}
