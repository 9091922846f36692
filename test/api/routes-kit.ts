import type { App } from '../../src/api/app.ts'
import type { Operation } from '../../src/api/operation.ts'
import { operations } from '../../src/api/routes/index.ts'

/** A method and a path that something answers. */
export interface Route {
  readonly method: string
  readonly path: string
}

/** Everything that the router answers, whether or not an operation stands behind it. */
export function routesOf(app: Pick<App, 'routes'>): readonly Route[] {
  return [...new Map(app.routes.map((route) => [nameOf(route), route])).values()]
}

export const nameOf = ({ method, path }: Route): string => `${method} ${path}`

/** Names that are there in the Projects of `startTenants`. */
const known: Readonly<Record<string, string>> = { stage: 'test', warehouse: 'web', kind: 'stages' }

/** The path of a route with every parameter filled in, `project` for the Project. */
export function filledPath({ path }: Route, project: string): string {
  const names: Readonly<Record<string, string>> = {
    ...known,
    project,
    freight: `${project}-freight`,
    role: 'kargo-viewer',
  }
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => names[name] ?? 'absent')
  return path.endsWith('/approve') ? `${filled}?stage=test` : filled
}

export const isWrite = ({ method }: Route): boolean => method !== 'GET'

export const isInProject = ({ path }: Route): boolean => path.includes(':project')

/** An operation of this route; undefined when the router answers by itself. */
export function operationOf(route: Route): Operation | undefined {
  return operations.find((operation) => nameOf(operation) === nameOf(route))
}
