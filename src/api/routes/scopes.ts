import type { Call, Home } from '../operation.ts'
import { param } from './objects.ts'

/** Where a family of objects lives: in a Project, or in one of the namespaces that belong to none. */
export interface Scope {
  /** The start of its paths. */
  readonly base: string
  readonly tag: string
  /** Absent for Projects. */
  readonly home?: Home
}

export const projectScope: Scope = { base: '/v1beta1/projects/:project', tag: 'projects' }
export const sharedScope: Scope = { base: '/v1beta1/shared', tag: 'shared', home: 'shared' }
export const systemScope: Scope = { base: '/v1beta1/system', tag: 'system', home: 'system' }
/** Where the system's own accounts and roles are. */
export const installScope: Scope = { base: '/v1beta1/system', tag: 'system', home: 'install' }

export function namespaceOf(call: Call, { home }: Scope): string {
  return home === undefined ? param(call, 'project') : call.parts.namespaces[home]
}
