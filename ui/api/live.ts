import { useEffect, useRef, useState } from 'react'
import type { ProjectObjects } from './types.ts'

/** How the stream stands. `since` is when the last word of the server arrived. */
export interface Connection {
  readonly state: 'connecting' | 'live' | 'lost'
  readonly since: number
}

interface Change {
  readonly kind: 'Stage' | 'Warehouse' | 'Freight' | 'Promotion' | 'Project'
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: { readonly metadata: { readonly name: string } }
}

type Tables = Record<Change['kind'], Map<string, Change['object']>>

const emptyTables = (): Tables => ({
  Stage: new Map(),
  Warehouse: new Map(),
  Freight: new Map(),
  Promotion: new Map(),
  Project: new Map(),
})

const retryMs = 3000

/**
 * Follows the server's stream: everything there is, then each change. Changes that arrive together are drawn together.
 * The browser reconnects by itself and resumes where it was, but gives up when it is answered with an error: then, as on
 * `reset`, everything is asked for anew, without clearing the screen first.
 */
function useStream(path: string): { tables: Tables | undefined; connection: Connection } {
  const [tables, setTables] = useState<Tables>()
  const [connection, setConnection] = useState<Connection>({
    state: 'connecting',
    since: Date.now(),
  })
  const [generation, setGeneration] = useState(0)
  const synced = useRef(false)

  useEffect(() => {
    const source = new EventSource(path)
    let draft = emptyTables()
    /** Tables that were not drawn yet, so that they may still be changed. */
    let fresh = new Set<Change['kind']>()
    let frame = 0
    let retry: ReturnType<typeof setTimeout> | undefined
    synced.current = false
    const draw = (): void => {
      frame = 0
      fresh = new Set()
      setTables({ ...draft })
      setConnection({ state: 'live', since: Date.now() })
    }
    const schedule = (): void => {
      if (synced.current && frame === 0) frame = requestAnimationFrame(draw)
    }
    source.addEventListener('change', (event: MessageEvent<string>) => {
      const change: Change = JSON.parse(event.data)
      const table = fresh.has(change.kind) ? draft[change.kind] : new Map(draft[change.kind])
      if (change.type === 'DELETED') table.delete(change.object.metadata.name)
      else table.set(change.object.metadata.name, change.object)
      fresh.add(change.kind)
      draft = { ...draft, [change.kind]: table }
      schedule()
    })
    source.addEventListener('synced', () => {
      synced.current = true
      schedule()
    })
    const startAnew = (): void => {
      source.close()
      setGeneration((value) => value + 1)
    }
    source.addEventListener('reset', startAnew)
    source.addEventListener('open', () => setConnection({ state: 'live', since: Date.now() }))
    source.addEventListener('error', () => {
      setConnection((last) => ({ state: 'lost', since: last.since }))
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(startAnew, retryMs)
    })
    return () => {
      source.close()
      clearTimeout(retry)
      cancelAnimationFrame(frame)
    }
  }, [path, generation])

  return { tables, connection }
}

/** A Project's objects, live; undefined until the first complete picture. */
export function useProject(project: string): {
  objects: ProjectObjects | undefined
  connection: Connection
} {
  const { tables, connection } = useStream(
    `/v1beta1/gantry/stream?project=${encodeURIComponent(project)}`,
  )
  if (tables === undefined) return { objects: undefined, connection }
  // The server sends each kind's own objects under that kind's name.
  const objects = {
    stages: tables.Stage,
    warehouses: tables.Warehouse,
    freight: tables.Freight,
    promotions: tables.Promotion,
  } as unknown as ProjectObjects
  return { objects, connection }
}
