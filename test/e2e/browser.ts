/** The page in a real browser: headless Chromium on a fresh profile, as the tests of the page share it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, type Page, chromium } from 'playwright-core'
import { buildPageOnce } from '../../scripts/build-page.ts'

const executablePath = process.env['GANTRY_CHROMIUM'] ?? '/usr/bin/chromium'

/** Why tests of the page are skipped, or false. */
export const skip = existsSync(executablePath)
  ? false
  : 'needs Chromium (Debian: chromium, or GANTRY_CHROMIUM=path)'

/** The longest that anything on the page is waited for. */
export const limitMs = 60_000

const folder = process.env['GANTRY_SCREENSHOTS']

export interface OpenPage {
  readonly browser: Browser
  readonly page: Page
}

/** Builds the page where that is to be done, and opens an empty tab. */
export async function openBrowser(): Promise<OpenPage> {
  await buildPageOnce()
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  const page = await browser.newPage({ viewport: { width: 1360, height: 820 } })
  page.setDefaultTimeout(limitMs)
  return { browser, page }
}

/** A screenshot for people to look at, where `GANTRY_SCREENSHOTS` names a folder. */
export async function shoot(page: Page, name: string): Promise<void> {
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`) })
}
