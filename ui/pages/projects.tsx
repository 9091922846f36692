import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ApiError, call } from '../api/client.ts'
import type { Project } from '../api/types.ts'
import { SignIn } from '../components/sign-in.tsx'
import { TopBar } from '../components/top-bar.tsx'
import { Mark } from '../kit/mark.tsx'
import { Notice } from '../kit/notice.tsx'

export function ProjectsPage() {
  const { data, error } = useQuery({
    queryKey: ['projects'],
    queryFn: () => call<{ items: Project[] }>('GET', '/v1beta1/projects'),
    refetchInterval: 5000,
    retry: false,
  })
  if (error instanceof ApiError && error.status === 401) return <SignIn />
  return (
    <>
      <TopBar />
      <main className="mx-auto max-w-5xl p-6">
        <h1 className="text-lg font-semibold">Projects</h1>
        {error && <Notice title="Projects cannot be read" message={error.message} />}
        {data?.items.length === 0 && <NoProjects />}
        <ul className="mt-4 grid grid-cols-[repeat(auto-fill,minmax(240px,1fr))] gap-4">
          {data?.items.map((project) => (
            <li key={project.metadata.name}>
              <ProjectTile project={project} />
            </li>
          ))}
        </ul>
      </main>
    </>
  )
}

function ProjectTile({ project }: { project: Project }) {
  const { stages, warehouses } = project.status?.stats ?? {}
  const ready = project.status?.conditions?.find(({ type }) => type === 'Ready')
  return (
    <Link
      to="/projects/$project"
      params={{ project: project.metadata.name }}
      className="block rounded-lg border border-line bg-panel p-4 hover:border-quiet"
    >
      <h2 className="font-medium break-words">{project.metadata.name}</h2>
      <p className="mt-1 text-quiet">
        {counted(stages?.count, 'stage')}, {counted(warehouses?.count, 'warehouse')}
      </p>
      <p className="mt-2">
        {ready?.status === 'True' ? (
          <Mark tone="good">ready</Mark>
        ) : (
          <Mark tone="moving">{ready?.message ?? 'new'}</Mark>
        )}
      </p>
    </Link>
  )
}

function counted(count: number | undefined, word: string): string {
  return `${count ?? 0} ${word}${count === 1 ? '' : 's'}`
}

function NoProjects() {
  return (
    <div className="mt-4 rounded-lg border border-line bg-panel p-4">
      <p>There is no project yet. Save this as project.yaml and apply it:</p>
      <pre className="mt-2 overflow-auto rounded bg-page p-3 font-mono text-xs">
        {'apiVersion: kargo.akuity.io/v1alpha1\nkind: Project\nmetadata:\n  name: demo\n'}
      </pre>
      <pre className="mt-2 overflow-auto rounded bg-page p-3 font-mono text-xs">
        gantry apply -f project.yaml
      </pre>
    </div>
  )
}
