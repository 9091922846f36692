import { useState } from 'react'
import type { OfferedArtifact } from '../../src/core/policy/offers.ts'
import { Ago } from '../kit/time.tsx'

const maxShown = 10

interface OfferChoiceProps {
  readonly index: number
  readonly subscription: string
  /** Best first. */
  readonly artifacts: readonly OfferedArtifact[]
  /** The best one when absent. */
  readonly chosen: string | undefined
  readonly isOpen: boolean
  readonly onChoose: (version: string) => void
}

/** One subscription's artifacts, of which one is taken. */
export function OfferChoice({
  index,
  subscription,
  artifacts,
  chosen,
  isOpen,
  onChoose,
}: OfferChoiceProps) {
  const [isAllShown, showAll] = useState(false)
  const taken = artifacts.find(({ version }) => version === chosen) ?? artifacts[0]
  const shown = isAllShown ? artifacts : artifacts.slice(0, maxShown)
  return (
    <details open={isOpen} className="py-1" data-testid={`offer-${index}`}>
      <summary className="cursor-pointer break-all">
        {subscription} <span className="text-quiet">({artifacts.length})</span>{' '}
        <span className="font-mono">{taken?.title ?? 'nothing found'}</span>
      </summary>
      <fieldset aria-label={subscription} className="mt-1">
        {shown.map((artifact) => (
          <label
            key={artifact.version}
            title={artifact.version}
            className="flex min-h-9 cursor-pointer items-center gap-2 rounded-md px-1 hover:bg-page"
          >
            <input
              type="radio"
              name={`offer-${index}`}
              className="accent-accent"
              checked={artifact === taken}
              onChange={() => onChoose(artifact.version)}
            />
            <span className="font-mono">{artifact.title}</span>
            <span className="min-w-0 grow truncate text-quiet">{artifact.note}</span>
            <span className="shrink-0 text-xs text-quiet">
              <Ago at={artifact.at} />
            </span>
          </label>
        ))}
      </fieldset>
      {shown.length < artifacts.length && (
        <button
          type="button"
          className="cursor-pointer px-1 text-quiet underline"
          onClick={() => showAll(true)}
        >
          Show all {artifacts.length}
        </button>
      )}
    </details>
  )
}
