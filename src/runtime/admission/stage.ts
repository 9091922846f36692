import { annotations } from '../../core/kinds/labels.ts'
import { type FreightRequest, type Stage, StageKind } from '../../core/kinds/stage.ts'
import { originKey } from '../../core/kinds/artifacts.ts'
import { places, templateProblems } from './expressions.ts'
import { defineAdmission, type Write } from './parts.ts'
import { requireProjectNamespace } from './project-namespace.ts'
import { invalid } from './refuse.ts'
import { signRequest } from './requests.ts'
import { setShardLabel } from './shard.ts'
import { warnOfStage } from './stage-graph.ts'
import { variableProblems } from './step-expressions.ts'
import { checkSteps } from './steps.ts'

export const stageAdmission = defineAdmission({
  kind: StageKind,
  async admit(write: Write<Stage>) {
    await requireProjectNamespace(write)
    const { object, isSpecChanged } = write
    setShardLabel(object, object.spec.shard)
    signRequest(write, annotations.reverify, 'id')
    signRequest(write, annotations.abort, 'id')
    if (!isSpecChanged) return object
    setDefaults(object)
    checkRequests(object)
    checkExpressions(write)
    await warnOfStage(write)
    return object
  },
})

function checkExpressions(write: Write<Stage>): void {
  const { spec } = write.object
  const template = spec.promotionTemplate?.spec
  const namesOf = (vars: Stage['spec']['vars']): string[] => (vars ?? []).map(({ name }) => name)
  checkSteps(write, template?.steps ?? [], {
    field: 'spec.promotionTemplate.spec.steps',
    tasks: true,
    vars: [...namesOf(spec.vars), ...namesOf(template?.vars)],
  })
  const entries = { ...places.verification.entries, vars: namesOf(spec.vars) }
  const verification = { ...places.verification, entries }
  const problems = [
    ...variableProblems([
      { vars: spec.vars, field: 'spec' },
      { vars: template?.vars, field: 'spec.promotionTemplate.spec' },
    ]),
    ...(spec.verification?.args ?? []).flatMap(({ name, value }) =>
      templateProblems(value, `spec.verification.args.${name}`, verification),
    ),
  ]
  for (const { field, why } of problems) write.doubt(field, why)
}

function setDefaults({ spec }: Stage): void {
  for (const { sources } of spec.requestedFreight) {
    const options = sources.autoPromotionOptions
    if (options !== undefined) options.selectionPolicy ??= 'NewestFreight'
  }
  for (const { task } of spec.promotionTemplate?.spec.steps ?? []) {
    if (task !== undefined) task.kind ??= 'PromotionTask'
  }
  for (const template of spec.verification?.analysisTemplates ?? []) {
    template.kind ??= 'AnalysisTemplate'
  }
}

function checkRequests(object: Stage): void {
  const origins = new Set<string>()
  for (const [index, request] of object.spec.requestedFreight.entries()) {
    const field = `spec.requestedFreight[${index}]`
    const origin = originKey(request.origin)
    if (origins.has(origin)) {
      throw invalid(object, `${field}.origin`, `${origin} is requested already`)
    }
    origins.add(origin)
    checkSources(object, request, `${field}.sources`)
  }
}

function checkSources(object: Stage, { sources }: FreightRequest, field: string): void {
  const { direct, stages = [], autoPromotionOptions } = sources
  if (autoPromotionOptions?.selectionPolicy !== 'MatchUpstream') return
  const policy = `${field}.autoPromotionOptions.selectionPolicy`
  if (direct === true) {
    throw invalid(object, policy, 'MatchUpstream cannot go with direct: there is no upstream stage')
  }
  if (stages.length !== 1) {
    throw invalid(object, policy, `MatchUpstream needs one upstream stage, found ${stages.length}`)
  }
}
