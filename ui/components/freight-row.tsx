import { choicesOf } from '../../src/core/policy/assemble-freight.ts'
import type { Freight, Warehouse } from '../api/types.ts'
import { Button } from '../kit/button.tsx'
import type { Chosen } from './assemble-freight.tsx'
import { versionOf } from './version.ts'

interface FreightRowProps {
  readonly freight: Freight
  readonly discovered: NonNullable<Warehouse['status']>['discoveredArtifacts']
  readonly onChoose: (chosen: Chosen) => void
}

/** A piece of Freight, from whose artifacts another can be put together. */
export function FreightRow({ freight, discovered, onChoose }: FreightRowProps) {
  const { choices, lost } = choicesOf(freight, discovered)
  const why =
    choices.length === 0
      ? 'none of its artifacts is found any more'
      : lost.length > 0
        ? `${lost.join(', ')} is not found any more: the best is taken instead`
        : undefined
  return (
    <li className="flex h-9 items-center gap-2">
      <span className="grow truncate font-mono">{versionOf(freight)}</span>
      <span className="text-quiet">{freight.alias}</span>
      <Button
        size="small"
        aria-label={`Choose the artifacts of ${freight.alias ?? freight.metadata.name}`}
        disabled={choices.length === 0}
        title={why}
        onClick={() =>
          onChoose(
            Object.fromEntries(choices.map(({ subscription, version }) => [subscription, version])),
          )
        }
      >
        Choose
      </Button>
    </li>
  )
}
