import { isControlFlow } from '../../src/core/policy/origin.ts'
import type { Freight, Stage } from '../api/types.ts'
import { Button } from '../kit/button.tsx'
import { Mark } from '../kit/mark.tsx'
import type { PromoteRequest } from '../pages/project.tsx'
import { versionOf } from './version.ts'

interface FreightCellProps {
  readonly freight: Freight
  readonly stage: Stage
  readonly onPromote: (request: PromoteRequest) => void
}

/** How a piece of Freight stands with a Stage that asks for its kind. */
export function FreightCell({ freight, stage, onPromote }: FreightCellProps) {
  const name = stage.metadata.name
  const since = freight.status?.currentlyIn?.[name]?.since
  if (since !== undefined) return <Mark tone="good">here</Mark>
  const wasHere = freight.status?.verifiedIn?.[name] !== undefined
  if (isControlFlow(stage))
    return <Mark tone={wasHere ? 'good' : 'none'}>{wasHere ? 'passed' : 'not yet'}</Mark>
  return (
    <span className="flex items-center gap-2">
      {wasHere && <span className="text-quiet">was here</span>}
      <Button
        size="small"
        aria-label={`Promote ${versionOf(freight)} to ${name}`}
        onClick={() => onPromote({ stage: name, freight: freight.metadata.name })}
      >
        Promote
      </Button>
    </span>
  )
}

export function isWanted(freight: Freight, stage: Stage): boolean {
  return stage.spec.requestedFreight.some(({ origin }) => origin.name === freight.origin.name)
}
