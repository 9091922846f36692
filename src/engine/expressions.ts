import { toTimestamp } from '../core/clock.ts'
import { promotionEnvironment } from '../core/expr/environment.ts'
import type { PromotionEnvironment } from '../core/expr/environment.ts'
import { explainFailure } from '../core/expr/explain.ts'
import { promotionFunctions, resolveNeeds, stepFunctions } from '../core/expr/functions/index.ts'
import type { Snapshot, StepMeta } from '../core/expr/functions/index.ts'
import { createSharedSteps, ExpressionError } from '../core/expr/index.ts'
import { evaluateConfig, evaluateTemplate } from '../core/expr/template.ts'
import type { TemplateOptions, TemplateResult } from '../core/expr/template.ts'
import { GantryError } from '../core/errors.ts'
import { isJsonObject } from '../core/json.ts'
import type { DeepReadonly, Json } from '../core/json.ts'
import type { Evaluated, Evaluator, StepScope } from './evaluator.ts'

export interface ExpressionParts {
  /** A fact by its key, `<Kind>/<namespace>/<name>`, read live; null when there is no such object. */
  readonly fetch: (key: string) => Promise<DeepReadonly<Json>>
  /** Where people reach the page. */
  readonly uiBaseUrl: () => string
  readonly sharedNamespace?: string | undefined
}

/** Evaluates conditions, variables and configs of steps in the expression language. */
export function createEvaluator(parts: ExpressionParts): Evaluator {
  return {
    condition: (scope) => {
      const text = scope.step.if ?? ''
      return evaluate(parts, scope, {
        run: (env, options) => evaluateTemplate(text, env, options),
        textOf: () => text,
      })
    },
    async config(scope) {
      const { config } = scope.step
      // A step without a config evaluates nothing: broken variables go unnoticed there, as in Kargo.
      if (config === undefined || config === null)
        return { value: {}, sensitive: false, secrets: [] }
      return evaluate(parts, scope, {
        run: (env, options) => evaluateConfig(config, env, options),
        textOf: (field) => textAt(config, field),
      })
    },
  }
}

interface Work {
  run(env: PromotionEnvironment['env'], options: TemplateOptions): TemplateResult
  /** The template at the path that an error names. */
  textOf(field: string): string | undefined
}

/** Evaluates, fetching what is asked for; a failure says what its parts came to. */
async function evaluate(
  { fetch, uiBaseUrl, sharedNamespace }: ExpressionParts,
  scope: StepScope,
  work: Work,
): Promise<Evaluated> {
  const { promotion, step, now } = scope
  const steps = metasOf(scope)
  const budget = { shared: createSharedSteps() }
  const once = (snapshot: Snapshot): Evaluated => {
    const input = {
      project: promotion.project,
      sharedNamespace,
      snapshot,
      requestedFreight: promotion.warehouses.map((name) => ({
        origin: { kind: 'Warehouse', name },
      })),
      freight: promotion.references.map((reference) => ({ ...reference })),
    }
    const { env, sensitive, open } = promotionEnvironment({
      uiBaseUrl: uiBaseUrl(),
      project: promotion.project,
      promotion: promotion.name,
      stage: promotion.stage,
      targetFreight: promotion.freight,
      actor: promotion.actor,
      rollback: promotion.rollback,
      alias: step.alias,
      promotionVars: promotion.vars,
      stepVars: step.vars,
      outputs: scope.outputs,
      stepMetas: steps,
      sensitive: scope.sensitive,
      open: scope.open,
      functions: promotionFunctions(input),
      now,
      budget,
    })
    const functions = stepFunctions({ ...input, alias: step.alias, steps })
    const options = { functions, now, sensitive, open, budget }
    try {
      const result = work.run(env, options)
      return { ...result, sensitive: sensitive || result.sensitive }
    } catch (thrown) {
      if (!(thrown instanceof ExpressionError)) throw thrown
      const text = work.textOf(thrown.field ?? '')
      if (text === undefined || sensitive) throw thrown
      throw new GantryError('Invalid', explainFailure(thrown, text, env, options), {
        field: thrown.field,
        cause: thrown,
      })
    }
  }
  const { result } = await resolveNeeds(once, fetch)
  return result
}

/** What is known of the steps before this one. */
function metasOf({ index, steps, records }: StepScope): readonly StepMeta[] {
  return records.slice(0, index).flatMap((record, at) => {
    const step = steps[at]
    if (record === undefined || step === undefined) return []
    const { status, message, errorCount, startedAt, finishedAt } = record
    return [
      {
        alias: step.alias,
        status,
        message,
        errorCount,
        continueOnError: step.continueOnError === true,
        startedAt: startedAt === undefined ? undefined : toTimestamp(startedAt),
        finishedAt: finishedAt === undefined ? undefined : toTimestamp(finishedAt),
      },
    ]
  })
}

/** The string at a path like `a.b[0].c`, found by walking the config and naming the paths on the way. */
function textAt(config: DeepReadonly<Json>, field: string, path = ''): string | undefined {
  if (typeof config === 'string') return path === field ? config : undefined
  if (Array.isArray(config)) {
    for (const [index, item] of config.entries()) {
      const found = textAt(item, field, `${path}[${index}]`)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (!isJsonObject(config)) return undefined
  for (const [key, value] of Object.entries(config)) {
    const inner = path === '' ? key : `${path}.${key}`
    const isOnTheWay = field === inner || field.startsWith(inner)
    const found = value === undefined || !isOnTheWay ? undefined : textAt(value, field, inner)
    if (found !== undefined) return found
  }
  return undefined
}
