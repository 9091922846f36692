import { type ReactNode, useEffect, useRef } from 'react'
import { Button } from '../kit/button.tsx'
import { useEscape } from '../kit/escape.ts'

interface PanelProps {
  readonly kind: string
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}

/** The inspector's frame. */
export function Panel({ kind, title, onClose, children }: PanelProps) {
  useEscape(onClose)
  const frame = useRef<HTMLElement>(null)
  // Whoever opened it reads on here, and is back where they were when it closes.
  useEffect(() => {
    const opener = document.activeElement
    // At the first look at an address nobody has read anything yet.
    if (opener !== document.body) frame.current?.focus()
    return () => {
      const isLost = document.activeElement === document.body
      if (isLost && opener instanceof HTMLElement) opener.focus()
    }
  }, [kind, title])
  return (
    <aside
      ref={frame}
      tabIndex={-1}
      aria-label={`${kind} ${title}`}
      className="min-h-0 w-full overflow-auto border-l border-line bg-panel p-4 -outline-offset-2 max-md:grow md:w-[420px] md:shrink-0"
    >
      <div className="flex items-start gap-2">
        <div className="min-w-0 grow">
          <p className="text-quiet">{kind}</p>
          <h2 className="text-lg font-semibold break-words">{title}</h2>
        </div>
        <Button onClick={onClose} aria-label="Close">
          ✕
        </Button>
      </div>
      <div className="mt-4 flex flex-col gap-4">{children}</div>
    </aside>
  )
}

export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="border-t border-line pt-3">
      <h3 className="mb-2 text-quiet">{title}</h3>
      {children}
    </section>
  )
}

/** Instead of the panel of something that an address names and that is not there. */
export function GonePanel({ kind, title, onClose }: Omit<PanelProps, 'children'>) {
  return (
    <Panel kind={kind} title={title} onClose={onClose}>
      <p>There is no such {kind} (any more).</p>
    </Panel>
  )
}
