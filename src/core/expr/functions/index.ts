import type { FunctionSet } from '../signature.ts'
import { dataImplementations, dataSignatures } from './data.ts'
import type { DataInput } from './data.ts'
import { declare, functionSet } from './declare.ts'
import { freightImplementations, freightSignatures } from './freight.ts'
import type { FreightInput } from './freight.ts'
import { quotingImplementations, quotingSignatures } from './quoting.ts'
import { utilityImplementations, utilitySignatures } from './semver.ts'
import { statusImplementations, statusSignatures } from './status.ts'
import type { StatusInput } from './status.ts'

export { criteriaFunctions, hasArtifactsForCriteria } from './criteria.ts'
export type { DiscoveredArtifacts } from './criteria.ts'
export type { FreightArtifacts, Origin } from './freight.ts'
export { Need, resolveNeeds } from './need.ts'
export type { Snapshot } from './need.ts'
export { quotingFunctions } from './quoting.ts'
export type { StepMeta } from './status.ts'

export interface PromotionInput extends DataInput, FreightInput {}

const common = [quotingSignatures, utilitySignatures, dataSignatures, freightSignatures]
const promotionDeclarations = declare(...common)
const stepDeclarations = declare(...common, statusSignatures)

function commonImplementations(input: PromotionInput): Parameters<typeof functionSet>[1][] {
  return [
    quotingImplementations,
    utilityImplementations,
    dataImplementations(input),
    freightImplementations(input),
  ]
}

/** Functions for the variables of a Promotion and of its steps: data, freight, utilities, quoting. */
export function promotionFunctions(input: PromotionInput): FunctionSet {
  return functionSet(promotionDeclarations, ...commonImplementations(input))
}

/** The same with the status functions: for a step's `if` and `config`. */
export function stepFunctions(input: PromotionInput & StatusInput): FunctionSet {
  return functionSet(
    stepDeclarations,
    ...commonImplementations(input),
    statusImplementations(input),
  )
}
