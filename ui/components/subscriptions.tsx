import { useQuery } from '@tanstack/react-query'
import type {
  DiscoveryView,
  SubscriptionState,
  SubscriptionView,
} from '../../src/core/policy/discovery-view.ts'
import { call, projectPath } from '../api/client.ts'
import { Mark, type Tone } from '../kit/mark.tsx'
import { Notice } from '../kit/notice.tsx'
import { Ago, formatSpan } from '../kit/time.tsx'

const pollMs = 2000

const tones: Record<SubscriptionState, Tone> = {
  Looking: 'moving',
  Current: 'good',
  Failing: 'bad',
  NotSeen: 'waiting',
  Broken: 'bad',
}

const words: Record<SubscriptionState, string> = {
  Looking: 'looking now',
  Current: 'up to date',
  Failing: 'cannot be read',
  NotSeen: 'not looked at yet',
  Broken: 'cannot be used as it is written',
}

interface SubscriptionsProps {
  readonly project: string
  readonly warehouse: string
}

/** What a Warehouse looks at: when it looked and looks again, what it found, what that cost, what is wrong. */
export function Subscriptions({ project, warehouse }: SubscriptionsProps) {
  const { data, error } = useQuery({
    queryKey: ['discovery', project, warehouse],
    queryFn: () =>
      call<DiscoveryView>('GET', projectPath(project, 'warehouses', warehouse, 'discovery')),
    refetchInterval: pollMs,
  })
  if (data === undefined)
    return error ? <Notice title="Not known now" message={error.message} /> : <p>…</p>
  return (
    <ul className="flex flex-col gap-3">
      {data.subscriptions.map((subscription) => (
        <li
          key={subscription.index}
          data-testid={`subscription-${subscription.index}`}
          className="rounded-md border border-line p-3"
        >
          <Subscription subscription={subscription} now={Date.parse(data.now)} />
        </li>
      ))}
    </ul>
  )
}

function Subscription({ subscription, now }: { subscription: SubscriptionView; now: number }) {
  const { name, type, remote, state, error, best, artifacts } = subscription
  return (
    <>
      <p className="flex flex-wrap items-baseline justify-between gap-x-3">
        <span className="font-medium">{name ?? type ?? `subscription ${subscription.index}`}</span>
        <Mark tone={tones[state]}>{words[state]}</Mark>
      </p>
      {remote && (
        <p className="font-mono text-xs break-all text-quiet">
          {name && type ? `${type} ` : ''}
          {remote}
        </p>
      )}
      {error && (
        <p role="alert" className="mt-2 break-words text-bad">
          {error.code}: {error.message}
          {error.since && (
            <span className="text-quiet"> (for {formatSpan(now - Date.parse(error.since))})</span>
          )}
        </p>
      )}
      {error && <p className="mt-1 text-quiet">{consequence(subscription, now)}</p>}
      <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-3">
        <Fact name="Best">{best && `${best}${artifacts > 1 ? ` (of ${artifacts})` : ''}`}</Fact>
        <Fact name="Last look">
          {subscription.lastLookAt && <Ago at={subscription.lastLookAt} />}
        </Fact>
        <Fact name="Next look">{nextLook(subscription, now)}</Fact>
        <Fact name="Changed">{subscription.changedAt && <Ago at={subscription.changedAt} />}</Fact>
        <Fact name="Requests">
          {subscription.requests.lastLook} in the last look, {subscription.requests.total} in all
        </Fact>
        <Fact name="Budget">
          {subscription.budgets.map(({ host, remaining, limit }) => (
            <span key={host} className="block">
              {remaining}
              {limit !== undefined && ` of ${limit}`} left at {host}
            </span>
          ))}
        </Fact>
      </dl>
    </>
  )
}

/** A line of the list; nothing when there is nothing to say. */
function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  const isEmpty = !children || (Array.isArray(children) && children.length === 0)
  if (isEmpty) return null
  return (
    <>
      <dt className="text-quiet">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  )
}

function nextLook({ runningSince, nextLookAt }: SubscriptionView, now: number): string | undefined {
  if (runningSince !== undefined) return `now, since ${formatSpan(now - Date.parse(runningSince))}`
  return nextLookAt && `in ${formatSpan(Date.parse(nextLookAt) - now)}`
}

function consequence({ staleUntil, best }: SubscriptionView, now: number): string {
  if (staleUntil !== undefined)
    return `${best ?? 'What was found before'} is used for ${formatSpan(Date.parse(staleUntil) - now)} more.`
  return best === undefined
    ? 'No Freight is made until it can be read.'
    : `${best} is kept; no Freight is made until it can be read again.`
}
