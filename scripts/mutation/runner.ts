// A StrykerJS test runner for tests of pure code: the tests are loaded once into the process and run again for each
// mutant, which takes milliseconds where a process for each test file takes half a second.
import { globSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { basename, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { INSTRUMENTER_CONSTANTS, type InstrumenterContext } from '@stryker-mutator/api/core'
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin'
import {
  determineHitLimitReached,
  type DryRunOptions,
  type DryRunResult,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner'
import { beginFile, collected, type CollectedTest } from './collected-tests.ts'

const testFiles = 'src/core/policy/*.test.ts'

class InProcessRunner implements TestRunner {
  readonly #context: InstrumenterContext = {}

  capabilities(): { reloadEnvironment: boolean } {
    return { reloadEnvironment: false }
  }

  /** The working directory is Stryker's copy of the repository, with every mutant in it, asleep. */
  async init(): Promise<void> {
    Object.assign(globalThis, { [INSTRUMENTER_CONSTANTS.NAMESPACE]: this.#context })
    const url = new URL('./collected-tests.ts', import.meta.url).href
    registerHooks({
      resolve: (specifier, context, next) =>
        specifier === 'node:test' ? { url, shortCircuit: true } : next(specifier, context),
    })
    for (const file of globSync(testFiles).sort()) {
      beginFile(basename(file))
      await import(pathToFileURL(resolve(file)).href)
    }
  }

  async dryRun(_options: DryRunOptions): Promise<DryRunResult> {
    const tests: TestResult[] = []
    for (const test of collected) {
      this.#context.currentTestId = test.id
      tests.push(await run(test))
    }
    delete this.#context.currentTestId
    const { mutantCoverage } = this.#context
    return {
      status: DryRunStatus.Complete,
      tests,
      ...(mutantCoverage !== undefined && { mutantCoverage }),
    }
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { activeMutant, hitLimit, testFilter, disableBail } = options
    const wanted = testFilter && new Set(testFilter)
    this.#context.activeMutant = activeMutant.id
    if (hitLimit !== undefined) Object.assign(this.#context, { hitLimit, hitCount: 0 })
    const tests: TestResult[] = []
    for (const test of collected) {
      if (wanted?.has(test.id) === false) continue
      const result = await run(test)
      tests.push(result)
      const endless = determineHitLimitReached(this.#context.hitCount, hitLimit)
      if (endless !== undefined) return toMutantRunResult(endless)
      if (result.status === TestStatus.Failed && !disableBail) break
    }
    return toMutantRunResult({ status: DryRunStatus.Complete, tests })
  }
}

async function run({ id, run: body }: CollectedTest): Promise<TestResult> {
  const before = performance.now()
  const result = (): { id: string; name: string; timeSpentMs: number } => ({
    id,
    name: id,
    timeSpentMs: performance.now() - before,
  })
  try {
    await body()
    return { ...result(), status: TestStatus.Success }
  } catch (thrown) {
    return { ...result(), status: TestStatus.Failed, failureMessage: String(thrown) }
  }
}

export const strykerPlugins = [
  declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner),
]
