import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call, projectPath } from '../api/client.ts'
import { Button } from '../kit/button.tsx'
import { Mark } from '../kit/mark.tsx'
import { Notice } from '../kit/notice.tsx'
import { Ago } from '../kit/time.tsx'
import { type Delivery, describeDelivery } from './delivery-words.ts'
import { Section } from './panel.tsx'

const fewShown = 8
const mostShown = 100
const refetchMs = 10_000

interface WebhookDeliveriesProps {
  readonly project: string
  readonly warehouse: string
}

/** What the Project's webhook receivers were sent lately, and whom it woke; nothing at all when that is nothing. */
export function WebhookDeliveries({ project, warehouse }: WebhookDeliveriesProps) {
  const [limit, setLimit] = useState(fewShown)
  const { data, error } = useQuery({
    queryKey: ['webhook-deliveries', project, limit],
    queryFn: () =>
      call<{ items: readonly Delivery[]; next?: number }>(
        'GET',
        `${projectPath(project, 'webhook-deliveries')}?limit=${limit}`,
      ),
    refetchInterval: refetchMs,
    placeholderData: (last) => last,
  })
  const items = data?.items ?? []
  if (items.length === 0 && error === null) return null
  return (
    <Section title="Webhook deliveries of the project">
      {error && <Notice title="Not known now" message={error.message} />}
      <ul className="flex flex-col gap-2" data-testid="deliveries">
        {items.map((item, index) => (
          // Several may come in one moment, and not all have a name.
          <li key={`${item.time} ${index}`}>
            <Row delivery={item} warehouse={warehouse} />
          </li>
        ))}
      </ul>
      {data?.next !== undefined && limit < mostShown && (
        <div className="mt-2">
          <Button onClick={() => setLimit(mostShown)}>Show older</Button>
        </div>
      )}
    </Section>
  )
}

function Row({ delivery, warehouse }: { delivery: Delivery; warehouse: string }) {
  const { tone, word, about, sentence } = describeDelivery(delivery, warehouse)
  return (
    <>
      <div className="flex items-baseline gap-2">
        <span className="min-w-0 grow break-words">
          <Mark tone={tone}>{word}</Mark>
        </span>
        <span className="shrink-0 text-quiet">
          {[delivery.receiver, delivery.event].filter(Boolean).join(' ')} ·{' '}
          <Ago at={delivery.time} />
        </span>
      </div>
      {about && <p className="font-mono text-xs [overflow-wrap:anywhere] text-quiet">{about}</p>}
      {sentence && <p className="break-words text-quiet">{sentence}</p>}
    </>
  )
}
