import type { BudgetView, DiscoveryView, SubscriptionView } from '../core/policy/discovery-view.ts'
import type { Client } from './client.ts'
import { projectPath } from './context.ts'
import { formatAge, formatTable } from './output.ts'

const header = [
  'WAREHOUSE',
  'SUBSCRIPTION',
  'STATE',
  'BEST',
  'LAST LOOK',
  'NEXT LOOK',
  'CHANGED',
  'REQUESTS',
  'BUDGET',
  'ERROR',
]

/** What the server knows of the looks at a Warehouse's subscriptions. */
export async function fetchDiscovery(
  client: Client,
  project: string,
  name: string,
): Promise<DiscoveryView> {
  // The server's own answer: both sides have the type from one file.
  return (await client.get(projectPath(project, 'warehouses', name, 'discovery'))) as DiscoveryView
}

/** The looks at the subscriptions of Warehouses, a row each. */
export function formatDiscovery(views: readonly DiscoveryView[]): string {
  const rows = views.flatMap((view) =>
    view.subscriptions.map((subscription) => rowOf(view, subscription)),
  )
  return formatTable([header, ...rows])
}

function rowOf({ warehouse, now }: DiscoveryView, subscription: SubscriptionView): string[] {
  const { lastLookAt, nextLookAt, changedAt, requests, error } = subscription
  const nowMs = Date.parse(now)
  return [
    warehouse,
    titleOf(subscription),
    subscription.staleUntil === undefined ? subscription.state : `${subscription.state} (used)`,
    subscription.best ?? '-',
    lastLookAt === undefined ? '-' : `${formatAge(lastLookAt, nowMs)} ago`,
    nextText(subscription, nextLookAt, nowMs),
    changedAt === undefined ? '-' : `${formatAge(changedAt, nowMs)} ago`,
    `${requests.lastLook} (${requests.total})`,
    subscription.budgets.map(budgetText).join(', ') || '-',
    error === undefined ? '' : errorText(error, nowMs),
  ]
}

function titleOf({ index, name, type, remote }: SubscriptionView): string {
  const what = [type, remote].filter(Boolean).join(' ')
  return `${name ?? index}${what === '' ? '' : ` (${what})`}`
}

function nextText(
  { runningSince }: SubscriptionView,
  nextLookAt: string | undefined,
  nowMs: number,
): string {
  if (runningSince !== undefined) return `now, since ${formatAge(runningSince, nowMs)}`
  // An age of now, seen from then.
  return nextLookAt === undefined
    ? '-'
    : `in ${formatAge(new Date(nowMs).toISOString(), Date.parse(nextLookAt))}`
}

function budgetText({ host, remaining, limit }: BudgetView): string {
  return `${host} ${remaining}${limit === undefined ? '' : `/${limit}`}`
}

function errorText(error: NonNullable<SubscriptionView['error']>, nowMs: number): string {
  const since = error.since === undefined ? '' : ` for ${formatAge(error.since, nowMs)}`
  return `${error.code}${since}: ${error.message}`
}
