import { useQuery } from '@tanstack/react-query'
import { call, projectPath } from '../api/client.ts'
import { Mark } from '../kit/mark.tsx'
import { Notice } from '../kit/notice.tsx'
import { Ago } from '../kit/time.tsx'
import { Section } from './panel.tsx'

interface Delivery {
  readonly time: string
  readonly receiver: string
  readonly event?: string
  readonly outcome: string
  readonly message: string
  readonly refreshed?: readonly string[]
}

const shown = 8
const refetchMs = 10_000

/** What the Project's webhook receivers were sent lately; nothing at all when that is nothing. */
export function WebhookDeliveries({ project }: { readonly project: string }) {
  const deliveries = useQuery({
    queryKey: ['webhook-deliveries', project],
    queryFn: () =>
      call<{ items: readonly Delivery[] }>(
        'GET',
        `${projectPath(project, 'webhook-deliveries')}?limit=${shown}`,
      ),
    refetchInterval: refetchMs,
  })
  if (deliveries.error)
    return <Notice title="Webhook deliveries" message={deliveries.error.message} />
  const items = deliveries.data?.items ?? []
  if (items.length === 0) return null
  return (
    <Section title="Webhook deliveries">
      <ul>
        {items.map((item) => (
          <li key={`${item.time} ${item.receiver} ${item.message}`} className="py-1">
            <div className="flex items-center gap-2">
              <Mark tone={toneOf(item.outcome)}>{item.outcome}</Mark>
              <span className="grow truncate">
                {item.receiver} {item.event}
              </span>
              <Ago at={item.time} />
            </div>
            <p className="truncate text-quiet" title={item.message}>
              {item.message}
            </p>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function toneOf(outcome: string) {
  if (outcome === 'accepted') return 'good'
  return outcome === 'ignored' || outcome === 'replay' ? 'none' : 'bad'
}
