import { GantryError } from '../core/errors.ts'
import { ExpressionError, fromJson } from '../core/expr/index.ts'
import type { Env, FunctionSet } from '../core/expr/index.ts'
import { explainTemplate, explanationLines } from '../core/expr/explain.ts'
import type { TemplateExplanation } from '../core/expr/explain.ts'
import { Need, stepFunctions } from '../core/expr/functions/index.ts'
import type { FreightArtifacts, Snapshot } from '../core/expr/functions/index.ts'
import { isValueMap } from '../core/expr/value.ts'
import { isJsonObject, jsonText } from '../core/json.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { readManifests } from '../lib/manifest-yaml.ts'

/** What `gantry eval` touches of the outside. */
export interface EvalIo {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  readonly readFile: (path: string) => Promise<string>
  /** What the function `now()` answers, epoch milliseconds; without it `now()` is an error. */
  readonly now?: (() => number) | undefined
}

export interface EvalRequest {
  readonly template: string
  /** Path of a YAML file with variables: `vars`, `outputs`, `ctx`, ... */
  readonly env?: string | undefined
  /** Path of a Freight manifest, for `imageFrom` and its like. */
  readonly freight?: string | undefined
  readonly explain?: boolean | undefined
}

/** `gantry eval`: evaluates a template and prints the typed result. Resolves with the exit code: 0, or that of the error. */
export async function runEval(request: EvalRequest, io: EvalIo): Promise<number> {
  const variables = await readObject(request.env, io)
  const freight = await readObject(request.freight, io)
  const explanation = evaluate(request.template, environment(variables, freight), freight, io)
  if (request.explain === true) {
    for (const line of explanationLines(explanation)) io.stdout(`${line}\n`)
  }
  const { error, value } = explanation
  if (error !== undefined) {
    io.stderr(`${error.message}\n`)
    return error.exit
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    io.stderr(
      `the result is ${String(value)}, which JSON cannot carry: use quote() to keep it as text\n`,
    )
    return new ExpressionError({ kind: 'run', reason: '' }).exit
  }
  io.stdout(`${JSON.stringify(value, null, 2)}\n`)
  return 0
}

/** Objects that the functions ask for are not there: they count as absent, and it is said. */
function evaluate(
  template: string,
  env: Env,
  freight: JsonObject,
  io: EvalIo,
): TemplateExplanation {
  const known = new Map<string, Json>(Object.entries(warehouseOf(freight)))
  for (;;) {
    try {
      return explainTemplate(template, env, {
        functions: functionsOver(known, freight),
        now: io.now?.(),
      })
    } catch (thrown) {
      if (!(thrown instanceof Need)) throw thrown
      io.stderr(`${thrown.key} is not looked up here and counts as absent\n`)
      known.set(thrown.key, null)
    }
  }
}

const project = 'default'

function functionsOver(snapshot: Snapshot, freight: JsonObject): FunctionSet {
  const reference = referenceOf(freight)
  const { origin } = reference
  return stepFunctions({
    project,
    alias: 'step',
    steps: [],
    snapshot,
    freight: [reference],
    requestedFreight: origin === undefined ? [] : [{ origin }],
  })
}

function referenceOf(freight: JsonObject): FreightArtifacts {
  const origin = isJsonObject(freight['origin']) ? freight['origin'] : {}
  const list = (key: string): JsonObject[] => {
    const value = freight[key]
    return Array.isArray(value) ? value.filter(isJsonObject) : []
  }
  return {
    origin: {
      kind: jsonText(origin['kind'] ?? 'Warehouse'),
      name: jsonText(origin['name'] ?? 'warehouse'),
    },
    commits: list('commits'),
    images: list('images'),
    charts: list('charts'),
    artifacts: list('artifacts'),
  }
}

/** A Warehouse that subscribes to exactly what the Freight holds, so that artifacts are found without an origin. */
function warehouseOf(freight: JsonObject): Record<string, Json> {
  const { origin, commits = [], images = [], charts = [], artifacts = [] } = referenceOf(freight)
  const subscriptions: Json[] = [
    ...commits.map(({ repoURL }) => ({ git: { repoURL: jsonText(repoURL) } })),
    ...images.map(({ repoURL }) => ({ image: { repoURL: jsonText(repoURL) } })),
    ...charts.map(({ repoURL, name }) => ({
      chart: { repoURL: jsonText(repoURL), name: jsonText(name) },
    })),
    ...artifacts.map(({ subscriptionName }) => ({ name: jsonText(subscriptionName), custom: {} })),
  ]
  return { [`Warehouse/${project}/${origin?.name ?? ''}`]: { spec: { subscriptions } } }
}

/** The variables of the file; whole numbers in outputs stay whole, as they do in a Promotion. */
function environment(variables: JsonObject, freight: JsonObject): Env {
  const env = fromJson(variables, { integers: 'float' })
  const outputs = fromJson(variables['outputs'] ?? {}, { integers: 'int' })
  const metadata = isJsonObject(freight['metadata']) ? freight['metadata'] : {}
  const targetFreight = {
    name: jsonText(metadata['name']),
    alias: jsonText(freight['alias']),
    origin: { name: referenceOf(freight).origin?.name ?? '' },
  }
  const given = isValueMap(env) ? env : {}
  return { ctx: { project, targetFreight }, vars: {}, ...given, outputs }
}

async function readObject(path: string | undefined, io: EvalIo): Promise<JsonObject> {
  if (path === undefined) return {}
  const text = await io.readFile(path)
  const [first, ...rest] = readManifests(text)
  if (first === undefined) return {}
  if ('error' in first) throw first.error
  if (rest.length > 0 || !isJsonObject(first.value)) {
    throw new GantryError('Invalid', `${path} must hold one YAML object`)
  }
  return first.value
}
