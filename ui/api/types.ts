import type { Freight } from '../../src/core/kinds/freight.ts'
import type { Project } from '../../src/core/kinds/project.ts'
import type { Promotion } from '../../src/core/kinds/promotion.ts'
import type { Stage } from '../../src/core/kinds/stage.ts'
import type { Warehouse } from '../../src/core/kinds/warehouse.ts'

export type { Freight, Project, Promotion, Stage, Warehouse }

/** Everything in a Project that the page draws, by name. */
export interface ProjectObjects {
  readonly stages: ReadonlyMap<string, Stage>
  readonly warehouses: ReadonlyMap<string, Warehouse>
  readonly freight: ReadonlyMap<string, Freight>
  readonly promotions: ReadonlyMap<string, Promotion>
}

/** `explain` of a Stage, as the server judges it. */
export interface Explanation {
  readonly sentences: readonly string[]
  readonly freight: readonly FreightExplanation[]
}

export interface FreightExplanation {
  readonly freight: string
  readonly alias?: string
  readonly allowed: boolean
  readonly blockers: readonly Reason[]
  readonly sentences: readonly string[]
}

export interface Reason {
  readonly code: string
  readonly message: string
  readonly since?: number
  readonly mayChangeAt?: number
}

export interface StepLogLine {
  readonly seq: number
  readonly time: number
  readonly alias?: string
  readonly line?: string
}
