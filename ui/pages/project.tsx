import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useCallback, useState } from 'react'
import { ApiError, call, projectPath } from '../api/client.ts'
import { useProject } from '../api/live.ts'
import type { Project, ProjectObjects } from '../api/types.ts'
import { EmptyProject } from '../components/empty-project.tsx'
import { FreightPanel } from '../components/freight-panel.tsx'
import { FreightSection } from '../components/freight-section.tsx'
import { PipelineGraph } from '../components/pipeline-graph.tsx'
import { type Pipeline, usePipeline } from '../components/pipeline-layout.ts'
import { PipelineList } from '../components/pipeline-list.tsx'
import type { ProjectSearch } from '../components/project-search.ts'
import { PromoteDialog, type PromoteRequest } from '../components/promote-dialog.tsx'
import { PromotionPanel } from '../components/promotion-panel.tsx'
import { SignIn } from '../components/sign-in.tsx'
import { StagePanel } from '../components/stage-panel.tsx'
import { TopBar } from '../components/top-bar.tsx'
import { WarehousePanel } from '../components/warehouse-panel.tsx'
import { useIsNarrow } from '../kit/narrow.ts'
import { Notice } from '../kit/notice.tsx'

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
  const open = useCallback(
    (next: ProjectSearch): void => {
      void navigate({ to: '/projects/$project', params: { project }, search: next })
    },
    [navigate, project],
  )
  if (error instanceof ApiError && error.status === 401) return <SignIn />
  // Without any answer, the connection says how it stands.
  const isRefused = error instanceof ApiError

  return (
    <div className="flex h-dvh flex-col">
      <TopBar project={project} {...(!isRefused && { connection })} />
      {isRefused && <Notice title={`Project ${project} cannot be read`} message={error.message} />}
      {objects && (
        <LiveProject
          project={project}
          search={search}
          objects={objects}
          onOpen={open}
          onPromote={setPromoting}
        />
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

interface LiveProjectProps {
  readonly project: string
  readonly search: ProjectSearch
  readonly objects: ProjectObjects
  readonly onOpen: (search: ProjectSearch) => void
  readonly onPromote: (request: PromoteRequest) => void
}

interface ViewProps extends LiveProjectProps {
  readonly pipeline: Pipeline
  readonly isNarrow: boolean
}

/** What is where, and beside it (on a phone, in its place) whatever the address says is open. */
function LiveProject(props: LiveProjectProps) {
  const view = { ...props, pipeline: usePipeline(props.objects), isNarrow: useIsNarrow() }
  const isOpen = Object.keys(props.search).length > 0
  return (
    <div className="flex min-h-0 grow flex-col md:flex-row">
      {!(view.isNarrow && isOpen) && <Overview {...view} />}
      <Inspector {...view} />
    </div>
  )
}

/** What is where: drawn and tabulated, or listed where there is no room for that. */
function Overview({ project, search, objects, pipeline, isNarrow, onOpen, onPromote }: ViewProps) {
  const shared = { objects, pipeline, onOpen }
  const View = isNarrow ? PipelineList : PipelineGraph
  return (
    <main
      className={`flex min-h-0 min-w-0 grow flex-col ${isNarrow ? 'overflow-x-hidden overflow-y-auto' : ''}`}
    >
      <section aria-label="Pipeline" className={isNarrow ? '' : 'min-h-64 grow'}>
        {pipeline.places.size === 0 ? (
          <EmptyProject project={project} />
        ) : (
          <View {...shared} selected={search} />
        )}
      </section>
      <section
        aria-label="Freight"
        className={`border-t border-line bg-panel ${isNarrow ? '' : 'max-h-[40vh] overflow-auto'}`}
      >
        <FreightSection {...shared} isNarrow={isNarrow} onPromote={onPromote} />
      </section>
    </main>
  )
}

function Inspector({ project, search, objects, pipeline, onOpen, onPromote }: ViewProps) {
  const close = (): void => onOpen({})
  const shared = { project, objects, onOpen, onClose: close }
  if (search.promotion !== undefined)
    return <PromotionPanel key={search.promotion} {...shared} name={search.promotion} />
  if (search.stage !== undefined)
    return <StagePanel {...shared} name={search.stage} onPromote={onPromote} />
  if (search.warehouse !== undefined)
    return <WarehousePanel key={search.warehouse} {...shared} name={search.warehouse} />
  if (search.freight !== undefined)
    return (
      <FreightPanel {...shared} pipeline={pipeline} name={search.freight} onPromote={onPromote} />
    )
  return null
}
