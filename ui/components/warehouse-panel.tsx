import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call, projectPath } from '../api/client.ts'
import type { ProjectObjects } from '../api/types.ts'
import { Button } from '../kit/button.tsx'
import { Mark } from '../kit/mark.tsx'
import { Notice } from '../kit/notice.tsx'
import { AssembleFreight, type Chosen } from './assemble-freight.tsx'
import { FreightRow } from './freight-row.tsx'
import { GonePanel, Panel, Section } from './panel.tsx'
import { freightOf } from './stage-state.ts'
import { Subscriptions } from './subscriptions.tsx'
import { WebhookDeliveries } from './webhook-deliveries.tsx'

interface WarehousePanelProps {
  readonly project: string
  readonly name: string
  readonly objects: ProjectObjects
  readonly onClose: () => void
}

const maxFreight = 20

export function WarehousePanel({ project, name, objects, onClose }: WarehousePanelProps) {
  const warehouse = objects.warehouses.get(name)
  const [chosen, setChosen] = useState<Chosen>({})
  const refresh = useMutation({
    mutationFn: () => call('POST', projectPath(project, 'warehouses', name, 'refresh')),
  })
  if (warehouse === undefined) return <GonePanel kind="Warehouse" title={name} onClose={onClose} />
  const freight = freightOf(name, objects)
  return (
    <Panel kind="Warehouse" title={name} onClose={onClose}>
      <ul>
        {shownConditions(warehouse.status?.conditions).map(({ type, status, reason, message }) => (
          <li key={type} className="break-words">
            <Mark tone={toneOfCondition(type, status)}>
              {type}: {reason}
            </Mark>
            {message && <p className="text-quiet">{message}</p>}
          </li>
        ))}
      </ul>
      <div>
        <Button disabled={refresh.isPending} onClick={() => refresh.mutate()}>
          Refresh
        </Button>
      </div>
      {refresh.error && <Notice title="Not refreshed" message={refresh.error.message} />}
      <Section title="Subscriptions">
        <Subscriptions project={project} warehouse={name} />
      </Section>
      <Section title="Found">
        <AssembleFreight
          project={project}
          warehouse={warehouse}
          freight={objects.freight}
          chosen={chosen}
          onChoose={setChosen}
        />
      </Section>
      <Section title="Freight">
        {freight.length === 0 && <p className="text-quiet">None yet.</p>}
        <ul>
          {freight.slice(0, maxFreight).map((item) => (
            <FreightRow
              key={item.metadata.name}
              freight={item}
              discovered={warehouse.status?.discoveredArtifacts}
              onChoose={setChosen}
            />
          ))}
        </ul>
      </Section>
      <WebhookDeliveries project={project} warehouse={name} />
    </Panel>
  )
}

/** One sentence once: what fails is said by Ready and Healthy alike. */
function shownConditions<C extends { message?: string | undefined }>(
  conditions: readonly C[] | undefined,
): C[] {
  const said = new Set<string>()
  return (conditions ?? []).filter(({ message = '' }) => {
    if (message !== '' && said.has(message)) return false
    said.add(message)
    return true
  })
}

function toneOfCondition(type: string, status: string) {
  if (status === 'Unknown' || type === 'Reconciling') return 'moving'
  if (type === 'FreightCreated') return 'none'
  return status === 'True' ? 'good' : 'bad'
}
