import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiError, call, projectPath } from '../api/client.ts'
import { useProject } from '../api/live.ts'
import type { Project } from '../api/types.ts'
import { FreightTable } from '../components/freight-table.tsx'
import { PipelineGraph } from '../components/pipeline-graph.tsx'
import { PromoteDialog } from '../components/promote-dialog.tsx'
import { PromotionPanel } from '../components/promotion-panel.tsx'
import { SignIn } from '../components/sign-in.tsx'
import { StagePanel } from '../components/stage-panel.tsx'
import { TopBar } from '../components/top-bar.tsx'
import { WarehousePanel } from '../components/warehouse-panel.tsx'
import { Notice } from '../kit/notice.tsx'
import type { ProjectSearch } from '../router.tsx'

export interface PromoteRequest {
  readonly stage: string
  readonly freight: string
}

const askAgainMs = 5000

export function ProjectPage({ project, search }: { project: string; search: ProjectSearch }) {
  const navigate = useNavigate()
  const { objects, connection } = useProject(project)
  const [promoting, setPromoting] = useState<PromoteRequest>()
  const { error } = useQuery({
    queryKey: ['project', project],
    queryFn: () => call<Project>('GET', projectPath(project)),
    retry: false,
    // Whatever keeps the page from being live may end, or turn out to be the end of the session.
    refetchInterval: ({ state }) =>
      state.error !== null || connection.state === 'lost' ? askAgainMs : false,
  })
  if (error instanceof ApiError && error.status === 401) return <SignIn />
  // Without any answer, the connection says how it stands.
  const isRefused = error instanceof ApiError
  const open = (next: ProjectSearch): void => {
    void navigate({ to: '/projects/$project', params: { project }, search: next })
  }

  return (
    <div className="flex h-dvh flex-col">
      <TopBar project={project} {...(!isRefused && { connection })} />
      {isRefused && <Notice title={`Project ${project} cannot be read`} message={error.message} />}
      {objects && (
        <div className="flex min-h-0 grow flex-col md:flex-row">
          <main className="flex min-h-0 min-w-0 grow flex-col">
            <section aria-label="Pipeline" className="min-h-64 grow">
              <PipelineGraph objects={objects} selected={search} onOpen={open} />
            </section>
            <section
              aria-label="Freight"
              className="max-h-[40vh] overflow-auto border-t border-line bg-panel"
            >
              <FreightTable objects={objects} onOpen={open} onPromote={setPromoting} />
            </section>
          </main>
          <Inspector
            project={project}
            search={search}
            objects={objects}
            onOpen={open}
            onPromote={setPromoting}
          />
        </div>
      )}
      {objects && promoting && (
        <PromoteDialog
          project={project}
          request={promoting}
          objects={objects}
          onClose={() => setPromoting(undefined)}
          onStarted={(promotion) => {
            setPromoting(undefined)
            open({ promotion })
          }}
        />
      )}
    </div>
  )
}

interface InspectorProps {
  readonly project: string
  readonly search: ProjectSearch
  readonly objects: NonNullable<ReturnType<typeof useProject>['objects']>
  readonly onOpen: (search: ProjectSearch) => void
  readonly onPromote: (request: PromoteRequest) => void
}

/** Beside the graph, never over it: whatever the address says is open. */
function Inspector({ project, search, objects, onOpen, onPromote }: InspectorProps) {
  const close = (): void => onOpen({})
  const shared = { project, objects, onOpen, onClose: close }
  if (search.promotion !== undefined)
    return <PromotionPanel key={search.promotion} {...shared} name={search.promotion} />
  if (search.stage !== undefined)
    return <StagePanel {...shared} name={search.stage} onPromote={onPromote} />
  if (search.warehouse !== undefined)
    return <WarehousePanel key={search.warehouse} {...shared} name={search.warehouse} />
  return null
}
