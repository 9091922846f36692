import type { RepoType } from '../credential.ts'
import { isJsonObject } from '../json.ts'

/** Variables and steps, as Stages and tasks hold them. */
export interface StepsOwner {
  readonly vars?: readonly Variable[] | undefined
  readonly steps?: readonly UsedStep[] | undefined
}

interface Variable {
  readonly name: string
  readonly value?: string | undefined
}

export interface UsedStep {
  readonly uses?: string | undefined
  readonly as?: string | undefined
  readonly task?: { readonly name: string; readonly kind?: string | undefined } | undefined
  readonly vars?: readonly Variable[] | undefined
  readonly config?: unknown
}

/** An address that something in a Project works with. */
export interface RepositoryUse {
  readonly type: RepoType
  readonly url: string
  /** What works with it, as in `Warehouse main`. */
  readonly by: string
  readonly insecureSkipTLSVerify: boolean
}

/** The address in the body of a subscription: every source that looks at a repository calls it `repoURL`. */
export function useOf(type: RepoType, by: string, config: unknown): RepositoryUse | undefined {
  if (!isJsonObject(config)) return undefined
  const url = config['repoURL']
  if (typeof url !== 'string' || url.trim() === '') return undefined
  return {
    type,
    url: url.trim(),
    by,
    insecureSkipTLSVerify: config['insecureSkipTLSVerify'] === true,
  }
}

export interface StepsContext {
  /** Who they belong to, as in `Stage test`. */
  readonly by: string
  readonly ctx: Readonly<Record<string, string>>
  /** Whether a kind of step works with git repositories. */
  isGitStep(kind: string): boolean
  task(reference: NonNullable<UsedStep['task']>): StepsOwner | undefined
}

export interface StepUses {
  readonly uses: readonly RepositoryUse[]
  /** Steps whose address is only known when they run. */
  readonly unknown: readonly string[]
}

/**
 * The git repositories that steps name, in tasks too, as far as it can be told beforehand: literally, or by variables of
 * Stage, template, task and step. An address that depends on anything else is listed as unknown.
 */
export function usesOfSteps(owner: StepsOwner, context: StepsContext): StepUses {
  const uses: RepositoryUse[] = []
  const unknown: string[] = []
  const walk = (part: StepsOwner, outer: ReadonlyMap<string, string>, isTask: boolean): void => {
    const scope = extended(outer, part.vars, context.ctx)
    for (const step of part.steps ?? []) {
      const inner = extended(scope, step.vars, context.ctx)
      if (step.task !== undefined && !isTask) {
        const task = context.task(step.task)
        // What the step says wins over the task's own defaults.
        const vars = [...(task?.vars ?? []), ...(step.vars ?? [])]
        if (task !== undefined) walk({ vars, steps: task.steps }, inner, true)
      }
      if (step.uses === undefined || !context.isGitStep(step.uses)) continue
      const by = `${context.by}, step ${step.as ?? step.uses}`
      const use = useOf('git', by, step.config)
      if (use === undefined) continue
      const url = filledIn(use.url, inner, context.ctx)
      if (url === undefined) unknown.push(by)
      else uses.push({ ...use, url })
    }
  }
  walk(owner, new Map(), false)
  return { uses, unknown }
}

function extended(
  scope: ReadonlyMap<string, string>,
  vars: readonly Variable[] | undefined,
  ctx: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const next = new Map(scope)
  for (const { name, value } of vars ?? []) {
    const text = filledIn(value ?? '', next, ctx)
    // A variable that depends on more than variables is not known, also where an outer one of its name is.
    if (text === undefined) next.delete(name)
    else next.set(name, text)
  }
  return next
}

/** The text with plain references to variables and to `ctx` replaced; undefined when any other expression is in it. */
function filledIn(
  text: string,
  vars: ReadonlyMap<string, string>,
  ctx: Readonly<Record<string, string>>,
): string | undefined {
  let isKnown = true
  const filled = text.replaceAll(
    /\$\{\{\s*(vars|ctx)\.(\w+)\s*\}\}/gu,
    (_whole, root: string, name: string) => {
      const own = Object.hasOwn(ctx, name) ? ctx[name] : undefined
      const value = root === 'vars' ? vars.get(name) : own
      if (value === undefined) isKnown = false
      return value ?? ''
    },
  )
  return isKnown && !filled.includes('${{') ? filled : undefined
}

/** One entry for each type and address, with everything that works with it. */
export function groupUses(
  uses: readonly RepositoryUse[],
): readonly (Omit<RepositoryUse, 'by'> & { readonly usedBy: readonly string[] })[] {
  const groups = new Map<string, Omit<RepositoryUse, 'by'> & { readonly usedBy: string[] }>()
  for (const { by, ...use } of uses) {
    const key = JSON.stringify([use.type, use.url, use.insecureSkipTLSVerify])
    const { usedBy } = groups.get(key) ?? { usedBy: [] }
    groups.set(key, { ...use, usedBy: [...new Set([...usedBy, by])] })
  }
  return [...groups.values()]
}
