import { GantryError } from '../errors.ts'
import type { DeepReadonly, Json, JsonObject } from '../json.ts'
import { ExpressionError } from './error.ts'
import { splitAlias } from './functions/status.ts'
import type { StepMeta } from './functions/status.ts'
import { timeValue } from './functions/artifacts.ts'
import { fromJson } from './json-value.ts'
import type { FunctionSet } from './index.ts'
import { NamedString } from './named.ts'
import { Struct } from './struct.ts'
import type { StructType } from './struct.ts'
import { evaluateTemplate } from './template.ts'
import type { TemplateOptions, TemplateResult } from './template.ts'
import { newMap } from './value.ts'
import type { Env, Value } from './value.ts'

/** A variable as a manifest declares it: its value is a template. */
export interface ExpressionVariable {
  readonly name: string
  readonly value?: string | undefined
}

export interface PromotionContext {
  readonly uiBaseUrl: string
  readonly project: string
  readonly promotion: string
  readonly stage: string
  readonly targetFreight: {
    readonly name: string
    readonly alias: string
    readonly origin: { readonly name: string }
  }
  readonly actor: string
  readonly rollback: boolean
  /** Present only for Promotions that target a Target. */
  readonly target?:
    | {
        readonly params: DeepReadonly<JsonObject>
        readonly labels: Readonly<Record<string, string>>
      }
    | undefined
}

export interface StepEnvironmentInput extends PromotionContext {
  /** Alias of the step; absent while only Promotion variables are evaluated. */
  readonly alias?: string | undefined
  /** Variables of the Stage and of the Promotion's template, in this order. A later one of the same name wins. */
  readonly promotionVars: readonly ExpressionVariable[]
  /** Variables of the step: its task's, then its own. They see the outputs of earlier steps. */
  readonly stepVars?: readonly ExpressionVariable[] | undefined
  /** Outputs of earlier steps by alias, as recorded. */
  readonly outputs?: DeepReadonly<JsonObject> | undefined
  readonly stepMetas?: readonly StepMeta[] | undefined
  /** The outputs may have been made from a secret: so is what comes of them, and errors quote no values. */
  readonly sensitive?: boolean | undefined
  /** Outputs that were not, all the same: `outputs.build`, `task.outputs.build`. */
  readonly open?: ReadonlySet<string> | undefined
  /** Functions for the variables: `promotionFunctions(...)`, without the status functions. */
  readonly functions: FunctionSet
  readonly now: number
  readonly budget?: TemplateOptions['budget']
}

export interface PromotionEnvironment {
  readonly env: Env
  /** A variable was made from a secret. */
  readonly sensitive: boolean
  /** Variables and outputs that were not: `vars.region`, `outputs.build`. */
  readonly open: ReadonlySet<string>
}

/**
 * The variables of a Promotion's step: `ctx`, `target`, `vars`, `outputs`, `task` and `stepMetas`. Variables are
 * evaluated in their order, and each sees only earlier ones. Whole numbers in outputs stay whole.
 *
 * @throws ExpressionError with the name of the variable that cannot be evaluated.
 */
export function promotionEnvironment(input: StepEnvironmentInput): PromotionEnvironment {
  const context = contextValues(input)
  const vars = newMap()
  const open = new Set(input.open)
  let { sensitive = false } = input
  const evaluate = (variables: readonly ExpressionVariable[], kind: string, env: Env): void => {
    for (const { name, value = '' } of variables) {
      const result = evaluateVariable(name, value, kind, env, { ...input, sensitive, open })
      vars[name] = result.value
      sensitive ||= result.sensitive
      if (result.secrets.length === 0) open.add(`vars.${name}`)
      else open.delete(`vars.${name}`)
    }
  }
  evaluate(input.promotionVars, 'promotion variable', { ...context, vars })
  if (input.alias === undefined) return { env: { ...context, vars }, sensitive, open }
  const env: Env = { ...context, vars, ...stepValues(input, input.alias) }
  evaluate(input.stepVars ?? [], 'step variable', env)
  return { env, sensitive, open }
}

function evaluateVariable(
  name: string,
  value: string,
  kind: string,
  env: Env,
  options: TemplateOptions,
): TemplateResult {
  try {
    const { functions, now, budget, sensitive, open } = options
    return evaluateTemplate(value, env, { functions, now, budget, sensitive, open })
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown
    throw thrown.during(`error pre-processing ${kind} "${name}"`)
  }
}

function contextValues(input: StepEnvironmentInput): Env {
  const { name, alias, origin } = input.targetFreight
  return {
    ctx: {
      uiBaseUrl: input.uiBaseUrl,
      project: input.project,
      promotion: input.promotion,
      stage: input.stage,
      targetFreight: { name, alias, origin: { name: origin.name } },
      meta: {
        promotion: { actor: input.actor, rollback: input.rollback },
        ...(input.alias !== undefined && { step: { alias: input.alias } }),
      },
    },
    ...(input.target !== undefined && {
      target: {
        params: fromJson(input.target.params, { integers: 'float' }),
        labels: input.target.labels,
      },
    }),
  }
}

function stepValues(input: StepEnvironmentInput, alias: string): Env {
  const outputs = fromJson(input.outputs ?? {}, { integers: 'int' })
  const { task } = splitAlias(alias)
  return {
    outputs,
    ...(task !== '' && { task: { outputs: taskOutputs(outputs, task) } }),
    stepMetas: metaValues(input.stepMetas ?? []),
  }
}

/** Outputs of the task's own steps, by their names inside the task. */
function taskOutputs(outputs: Value, task: string): Value {
  const own = newMap()
  if (typeof outputs !== 'object' || outputs === null) return own
  for (const [alias, output] of Object.entries(outputs)) {
    const parts = splitAlias(alias)
    if (parts.task === task) own[parts.name] = output
  }
  return own
}

const stepMetaType: StructType = {
  name: 'v1alpha1.StepExecutionMetadata',
  fields: [
    { name: 'Alias', json: 'alias', omitEmpty: true },
    { name: 'StartedAt', json: 'startedAt', omitEmpty: true },
    { name: 'FinishedAt', json: 'finishedAt', omitEmpty: true },
    { name: 'ErrorCount', json: 'errorCount', omitEmpty: true },
    { name: 'Status', json: 'status', omitEmpty: true },
    { name: 'Message', json: 'message', omitEmpty: true },
    { name: 'ContinueOnError', json: 'continueOnError', omitEmpty: true },
  ],
}

function metaValues(steps: readonly StepMeta[]): Value {
  const metas = newMap()
  for (const step of steps) {
    metas[step.alias ?? ''] = new Struct(stepMetaType, {
      Alias: step.alias ?? '',
      StartedAt: step.startedAt === undefined ? null : timeValue(step.startedAt),
      FinishedAt: step.finishedAt === undefined ? null : timeValue(step.finishedAt),
      ErrorCount: BigInt(step.errorCount ?? 0),
      // A named type, as it is in Kargo: `== "Failed"` is false, the function `status` answers a plain string.
      Status: new NamedString('v1alpha1.PromotionStepStatus', step.status ?? ''),
      Message: step.message ?? '',
      ContinueOnError: step.continueOnError ?? false,
    })
  }
  return metas
}

/**
 * The environment of a Stage's verification arguments: `ctx.project`, `ctx.stage` and the Stage's variables, evaluated
 * in their order.
 */
export function verificationEnvironment(input: {
  readonly project: string
  readonly stage: string
  readonly vars: readonly ExpressionVariable[]
  readonly functions: FunctionSet
  readonly now: number
}): Omit<PromotionEnvironment, 'open'> {
  const vars = newMap()
  const env: Env = { ctx: { project: input.project, stage: input.stage }, vars }
  let sensitive = false
  for (const { name, value = '' } of input.vars) {
    try {
      const { functions, now } = input
      const result = evaluateTemplate(value, env, { functions, now, sensitive })
      vars[name] = result.value
      sensitive ||= result.sensitive
    } catch (thrown) {
      if (!(thrown instanceof ExpressionError)) throw thrown
      throw thrown.during(`error pre-processing stage variable "${name}"`)
    }
  }
  return { env, sensitive }
}

/** The value of a template that must give a string (arguments, names); Invalid for anything else. */
export function expectString(value: Json, what: string): string {
  if (typeof value === 'string') return value
  throw new GantryError(
    'Invalid',
    `${what} must be a string, but is ${value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`}; use quote() to keep it a string`,
  )
}
