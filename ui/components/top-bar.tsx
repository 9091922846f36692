import { Link } from '@tanstack/react-router'
import { useEffect } from 'react'
import type { Connection } from '../api/live.ts'
import { Mark } from '../kit/mark.tsx'
import { useNow } from '../kit/now.ts'
import { formatSpan } from '../kit/time.tsx'

export function TopBar({ project, connection }: { project?: string; connection?: Connection }) {
  useEffect(() => {
    document.title = project === undefined ? 'Gantry' : `${project} · Gantry`
  }, [project])
  return (
    <header className="flex h-12 shrink-0 items-center gap-4 border-b border-line bg-panel px-4">
      <Link to="/" className="flex items-center gap-2 font-semibold">
        <img src="/icon.svg" alt="" className="size-5" />
        Gantry
      </Link>
      {project && (
        <>
          <span className="text-quiet" aria-hidden="true">
            /
          </span>
          <h1 className="truncate font-medium">{project}</h1>
        </>
      )}
      <span className="grow" />
      {connection && <ConnectionMark connection={connection} />}
    </header>
  )
}

/** Whether what is on the screen is what is so. */
function ConnectionMark({ connection }: { connection: Connection }) {
  const now = useNow(1000)
  if (connection.state === 'live') return <Mark tone="good">live</Mark>
  if (connection.state === 'connecting') return <Mark tone="moving">connecting</Mark>
  return <Mark tone="bad">reconnecting, last update {formatSpan(now - connection.since)} ago</Mark>
}
