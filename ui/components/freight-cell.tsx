import { type Availability, availabilityOf } from '../../src/core/policy/availability.ts'
import { isControlFlow } from '../../src/core/policy/origin.ts'
import type { StageLookup } from '../../src/core/policy/views.ts'
import { useNow } from '../kit/now.ts'
import type { Freight, Stage } from '../api/types.ts'
import { Button } from '../kit/button.tsx'
import { Mark, type Tone } from '../kit/mark.tsx'
import { formatSpan } from '../kit/time.tsx'
import { waitingWords } from './freight-standing.ts'
import type { PromoteRequest } from './promote-dialog.tsx'
import { versionOf } from './version.ts'

interface FreightCellProps {
  readonly freight: Freight
  readonly stage: Stage
  /** The Project's Stages: soak behind a control-flow Stage is measured before it. */
  readonly lookup: StageLookup
  readonly onPromote: (request: PromoteRequest) => void
}

/** How a piece of Freight stands with a Stage that asks for its kind. */
export function FreightCell(props: FreightCellProps) {
  const { freight, stage, lookup } = props
  const name = stage.metadata.name
  if (freight.status?.currentlyIn?.[name] !== undefined) return <Mark tone="good">here</Mark>
  const wasHere = freight.status?.verifiedIn?.[name] !== undefined
  if (isControlFlow(stage))
    return <Mark tone={wasHere ? 'good' : 'none'}>{wasHere ? 'passed' : 'not yet'}</Mark>
  const availability = availabilityOf(stage, freight, { now: Date.now(), stages: lookup })
  return (
    <span className="flex items-center gap-2">
      {wasHere && <span className="text-quiet">was here</span>}
      {availability.available ? (
        <PromoteButton {...props} />
      ) : (
        <Waiting {...props} availability={availability} />
      )}
    </span>
  )
}

export function isWanted(freight: Freight, stage: Stage): boolean {
  return stage.spec.requestedFreight.some(({ origin }) => origin.name === freight.origin.name)
}

function PromoteButton({ freight, stage, onPromote }: FreightCellProps) {
  const { name } = stage.metadata
  return (
    <Button
      size="small"
      aria-label={`Promote ${versionOf(freight)} to ${name}`}
      onClick={() => onPromote({ stage: name, freight: freight.metadata.name })}
    >
      Promote
    </Button>
  )
}

interface WaitingProps extends FreightCellProps {
  readonly availability: Extract<Availability, { readonly available: false }>
}

/** What it waits for; where that is a soak, until that is over. */
function Waiting({ availability, ...props }: WaitingProps) {
  const { availableAt } = availability
  if (availableAt !== undefined) return <Soaking {...props} endsAt={availableAt} />
  const { tone, words } = waitingWords(availability)
  return <AskWhy {...props} tone={tone} words={words} title={words} />
}

function Soaking({ endsAt, ...props }: FreightCellProps & { readonly endsAt: number }) {
  const now = useNow()
  if (now >= endsAt) return <PromoteButton {...props} />
  const title = `until ${new Date(endsAt).toLocaleString()}`
  return (
    <AskWhy {...props} tone="waiting" words={`soak ${formatSpan(endsAt - now)}`} title={title} />
  )
}

interface AskWhyProps extends FreightCellProps {
  readonly tone: Tone
  readonly words: string
  readonly title: string
}

/** A click gives the whole account, in the dialog that would promote it. */
function AskWhy({ freight, stage, onPromote, tone, words, title }: AskWhyProps) {
  const { name } = stage.metadata
  return (
    <button
      type="button"
      className="max-w-48 cursor-pointer truncate hover:underline max-md:min-h-11"
      aria-label={`Promote ${versionOf(freight)} to ${name}: ${words}`}
      title={title}
      onClick={() => onPromote({ stage: name, freight: freight.metadata.name })}
    >
      <Mark tone={tone}>{words}</Mark>
    </button>
  )
}
