import { asGantryError, GantryError } from '../errors.ts'
import { selectsLabels } from '../label-selector.ts'
import type { LabelSelector } from '../label-selector.ts'
import { compileGlob, compileRegex } from '../pattern.ts'
import { annotation, supersedeAnnotation } from './annotations.ts'
import type { StagePolicy } from './policy-facts.ts'
import type { MetaView, StageView } from './views.ts'

/** Name and labels, both of which must match. An empty one matches everything. */
export interface SelectorView extends LabelSelector {
  /** Exact, or `regex:`/`regexp:` with an RE2 pattern found anywhere, or `glob:` with a glob. */
  readonly name?: string | undefined
}

interface WindowView {
  readonly name: string
  readonly disabled?: boolean | undefined
  readonly stageSelector?: SelectorView | undefined
  readonly projectSelector?: SelectorView | undefined
}

export interface ProjectConfigView {
  readonly metadata: MetaView
  readonly spec?:
    | {
        readonly promotionPolicies?:
          | readonly {
              readonly stage?: string | undefined
              readonly stageSelector?: SelectorView | undefined
              readonly autoPromotionEnabled?: boolean | undefined
            }[]
          | undefined
        readonly promotionWindows?: readonly WindowView[] | undefined
      }
    | undefined
}

export interface ClusterConfigView {
  readonly spec?: { readonly promotionWindows?: readonly WindowView[] | undefined } | undefined
}

/** Where the policy of a Stage comes from. */
export interface PolicySources {
  readonly projectConfig?: ProjectConfigView | undefined
  readonly clusterConfig?: ClusterConfigView | undefined
  /** The Project with its labels, for windows that select Projects; by default one of that name without labels. */
  readonly project?: { readonly metadata: MetaView } | undefined
}

/**
 * What the configuration says about one Stage. The first promotion policy that matches counts; without one
 * auto-promotion is off. A pattern that cannot be read turns it off as well, and a window whose selector cannot be read
 * applies: what is unclear never opens a gate.
 */
export function stagePolicy(stage: StageView, sources: PolicySources): StagePolicy {
  const { projectConfig, clusterConfig } = sources
  const own = annotation(stage, supersedeAnnotation)
  const shared = projectConfig === undefined ? '' : annotation(projectConfig, supersedeAnnotation)
  const project = sources.project ?? { metadata: { name: stage.metadata.namespace ?? '' } }
  const facts = {
    supersedeQueued: (own === '' ? shared : own) === 'true',
    windows: [
      ...(projectConfig?.spec?.promotionWindows ?? []),
      ...(clusterConfig?.spec?.promotionWindows ?? []).filter(({ projectSelector }) =>
        mayMatch(project, projectSelector),
      ),
    ]
      .filter(({ disabled }) => disabled !== true)
      .filter(({ stageSelector }) => mayMatch(stage, stageSelector))
      .map(({ name }) => name),
  }
  try {
    const policy = projectConfig?.spec?.promotionPolicies?.find((each) =>
      each.stageSelector === undefined
        ? each.stage !== undefined && matchesSelector(stage, { name: each.stage })
        : matchesSelector(stage, each.stageSelector),
    )
    return { ...facts, autoPromotionEnabled: policy?.autoPromotionEnabled === true }
  } catch (thrown) {
    const problem = `cannot read the promotion policies of the ProjectConfig: ${asGantryError(thrown).message}`
    return { ...facts, autoPromotionEnabled: false, problem }
  }
}

function mayMatch(
  object: { readonly metadata: MetaView },
  selector: SelectorView | undefined,
): boolean {
  try {
    return selector === undefined || matchesSelector(object, selector)
  } catch {
    return true
  }
}

/** Whether name and labels both match; an empty selector matches everything. Throws Invalid for a bad pattern. */
export function matchesSelector(
  object: { readonly metadata: MetaView },
  selector: SelectorView,
): boolean {
  const { name = '' } = selector
  return (
    (name === '' || matchesName(object.metadata.name, name)) &&
    selectsLabels(selector, object.metadata.labels)
  )
}

function matchesName(name: string, pattern: string): boolean {
  const colon = pattern.indexOf(':')
  if (colon < 0) return name === pattern
  const rest = pattern.slice(colon + 1)
  switch (pattern.slice(0, colon)) {
    case 'regex':
    case 'regexp':
      return compileRegex(rest).test(name)
    case 'glob':
      return compileGlob(rest).test(name)
    default:
      throw new GantryError(
        'Invalid',
        `cannot use the name pattern "${pattern}": it must be a plain name, or begin with "regex:" or "glob:"`,
      )
  }
}
