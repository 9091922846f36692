import { Outlet, createRootRoute, createRoute, createRouter } from '@tanstack/react-router'
import { ProjectPage } from './pages/project.tsx'
import { ProjectsPage } from './pages/projects.tsx'
import { NotFoundPage } from './pages/not-found.tsx'
import type { ProjectSearch } from './components/project-search.ts'

const rootRoute = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage })

const projectsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  component: ProjectsPage,
})

const projectRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/projects/$project',
  validateSearch: (search: Record<string, unknown>): ProjectSearch => ({
    ...text(search, 'stage'),
    ...text(search, 'promotion'),
    ...text(search, 'warehouse'),
    ...text(search, 'freight'),
  }),
  component: function Project() {
    return (
      <ProjectPage project={projectRoute.useParams().project} search={projectRoute.useSearch()} />
    )
  },
})

function text<K extends keyof ProjectSearch>(
  search: Record<string, unknown>,
  key: K,
): Partial<Record<K, string>> {
  const value = search[key]
  const entry: Partial<Record<K, string>> = {}
  if (typeof value === 'string') entry[key] = value
  return entry
}

export function createAppRouter() {
  return createRouter({ routeTree: rootRoute.addChildren([projectsRoute, projectRoute]) })
}
