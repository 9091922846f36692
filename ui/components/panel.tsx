import type { ReactNode } from 'react'
import { Button } from '../kit/button.tsx'

interface PanelProps {
  readonly kind: string
  readonly title: string
  readonly onClose: () => void
  readonly children: ReactNode
}

/** The inspector's frame. */
export function Panel({ kind, title, onClose, children }: PanelProps) {
  return (
    <aside
      aria-label={`${kind} ${title}`}
      className="w-full shrink-0 overflow-auto border-l border-line bg-panel p-4 md:w-[420px]"
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
