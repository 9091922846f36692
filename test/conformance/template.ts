import { ExpressionError } from '../../src/core/expr/index.ts'
import type { Env, FunctionSet } from '../../src/core/expr/index.ts'
import {
  criteriaFunctions,
  promotionFunctions,
  stepFunctions,
} from '../../src/core/expr/functions/index.ts'
import type {
  DiscoveredArtifacts,
  FreightArtifacts,
  Origin,
  StepMeta,
} from '../../src/core/expr/functions/index.ts'
import { evaluate } from '../../src/core/expr/index.ts'
import { evaluateConfig, evaluateTemplate } from '../../src/core/expr/template.ts'
import { isValueMap } from '../../src/core/expr/value.ts'
import { jsonEqual } from '../../src/core/json.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { decodeVector, encodeVector } from './encode.ts'
import { vectorNow } from './expr.ts'
import type { ConformanceReport, Mismatch } from './expr.ts'

/** A line of a template file; `README.md` beside it says what each field means. */
export interface TemplateVector {
  readonly template?: string
  readonly config?: Json
  readonly expr?: string
  readonly context?: 'promotion' | 'step' | 'criteria' | 'none'
  readonly env?: JsonObject
  readonly project?: string
  readonly objects?: Readonly<Record<string, Json>>
  readonly freight?: readonly FreightArtifacts[]
  readonly requestedFreight?: readonly { readonly origin: Origin }[]
  readonly discovered?: DiscoveredArtifacts
  readonly alias?: string
  readonly steps?: readonly StepMeta[]
  readonly value?: Json
  readonly error?: 'compile' | 'run' | true
  readonly sensitive?: boolean
}

/** The environment of vectors that bring none: section 10.1 of the specification. */
const goldenEnv: JsonObject = {
  vars: { n: 3, s: 'abc', f: 2.5, list: [1, 2, 3], m: { a: 1 } },
  outputs: { x: { id: 7 }, y: null },
}

/** Checks every line of a template file. */
export function checkTemplates(vectors: readonly TemplateVector[]): ConformanceReport {
  const mismatches = vectors.flatMap((vector) => checkTemplate(vector) ?? [])
  return { passed: vectors.length - mismatches.length, mismatches }
}

function checkTemplate(vector: TemplateVector): Mismatch | undefined {
  const input = vector.template ?? vector.expr ?? JSON.stringify(vector.config)
  const expected =
    vector.error === undefined ? JSON.stringify(vector.value) : `error (${String(vector.error)})`
  try {
    const { value, sensitive } = evaluateVector(vector)
    if (vector.error !== undefined || !jsonEqual(value, vector.value ?? null)) {
      return { input, expected, got: JSON.stringify(value) }
    }
    if (vector.sensitive === undefined || vector.sensitive === sensitive) return undefined
    return { input, expected: `sensitive: ${vector.sensitive}`, got: `sensitive: ${sensitive}` }
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError))
      return { input, expected, got: `a foreign error: ${String(thrown)}` }
    if (vector.error !== undefined) return undefined
    return { input, expected, got: `error (${thrown.kind}): ${thrown.reason}` }
  }
}

function evaluateVector(vector: TemplateVector): {
  readonly value: Json
  readonly sensitive: boolean
} {
  const decoded = decodeVector(vector.env ?? goldenEnv)
  const env: Env = isValueMap(decoded) ? decoded : {}
  const options = { functions: functionsOf(vector), now: vectorNow }
  if (vector.expr !== undefined) {
    return { value: encodeVector(evaluate(vector.expr, env, options)), sensitive: false }
  }
  if (vector.template !== undefined) {
    const { value, sensitive } = evaluateTemplate(vector.template, env, options)
    return { value: encodeVector(value), sensitive }
  }
  return evaluateConfig(vector.config ?? null, env, options)
}

function functionsOf(vector: TemplateVector): FunctionSet | undefined {
  const input = {
    project: vector.project ?? 'demo',
    snapshot: new Map(Object.entries(vector.objects ?? {})),
    freight: vector.freight ?? [],
    requestedFreight: vector.requestedFreight ?? [],
    alias: vector.alias ?? 'step-1',
    steps: vector.steps ?? [],
  }
  switch (vector.context ?? 'promotion') {
    case 'step':
      return stepFunctions(input)
    case 'criteria':
      return criteriaFunctions(vector.discovered ?? {})
    case 'none':
      return undefined
    case 'promotion':
      return promotionFunctions(input)
  }
}
