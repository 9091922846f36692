import { useMutation } from '@tanstack/react-query'
import { assembleFreight } from '../../src/core/policy/assemble-freight.ts'
import { offersOf } from '../../src/core/policy/offers.ts'
import { call, projectPath } from '../api/client.ts'
import type { Freight, ProjectObjects, Warehouse } from '../api/types.ts'
import { Button } from '../kit/button.tsx'
import { Mark } from '../kit/mark.tsx'
import { Notice } from '../kit/notice.tsx'
import { OfferChoice } from './offer-choice.tsx'
import { versionOf } from './version.ts'

interface AssembleFreightProps {
  readonly project: string
  readonly warehouse: Warehouse
  readonly freight: ProjectObjects['freight']
  readonly chosen: Chosen
  readonly onChoose: (chosen: Chosen) => void
}

/** Versions by subscription; the best where nothing is chosen. */
export type Chosen = Readonly<Record<string, string>>

/** What each subscription offers, best first, and the Freight that comes of choosing one of each. */
export function AssembleFreight({
  project,
  warehouse,
  freight,
  chosen,
  onChoose,
}: AssembleFreightProps) {
  const { name } = warehouse.metadata
  const discovered = warehouse.status?.discoveredArtifacts
  const offers = offersOf(discovered)
  const choices = offers.flatMap(({ subscription, artifacts }) => {
    const version = chosen[subscription]
    // What is no longer found is no choice any more.
    const isThere = artifacts.some((artifact) => artifact.version === version)
    return version !== undefined && isThere ? [{ subscription, version }] : []
  })
  const make = useMutation({
    mutationFn: () =>
      call<Freight>('POST', projectPath(project, 'warehouses', name, 'freight'), {
        artifacts: choices,
      }),
  })
  const assembly = assembleFreight({
    warehouse: name,
    subscriptions: warehouse.spec.subscriptions.length,
    discovered,
    choices,
  })
  if (offers.length === 0) return <p className="text-quiet">Nothing yet.</p>
  const problem = 'problem' in assembly ? assembly.problem.message : undefined
  const known = 'name' in assembly ? freight.get(assembly.name) : undefined
  const title = 'name' in assembly ? versionOf(asFreight(assembly)) : ''
  const why = problem ?? (known && `${known.alias ?? known.metadata.name} holds exactly these`)
  return (
    <>
      {offers.map(({ subscription, artifacts }, index) => (
        <OfferChoice
          key={subscription}
          index={index}
          subscription={subscription}
          artifacts={artifacts}
          chosen={choices.find((choice) => choice.subscription === subscription)?.version}
          isOpen={offers.length === 1}
          onChoose={(version) => {
            make.reset()
            onChoose({ ...chosen, [subscription]: version })
          }}
        />
      ))}
      <div className="mt-3 flex flex-wrap items-center justify-between gap-2">
        <p className="min-w-0 break-words" data-testid="assembly">
          <span className="font-mono">{title}</span>
          {why !== undefined && <span className="block text-quiet">{why}</span>}
        </p>
        <Button
          look={why === undefined ? 'primary' : 'quiet'}
          disabled={why !== undefined || make.isPending}
          title={why}
          onClick={() => make.mutate()}
        >
          Make Freight
        </Button>
      </div>
      {warehouse.spec.freightCreationPolicy === 'Manual' && (
        <p className="mt-1 text-quiet">This Warehouse makes none by itself.</p>
      )}
      {make.data && 'name' in assembly && assembly.name === make.data.metadata.name && (
        <p role="status" className="mt-2">
          <Mark tone="good">{make.data.alias ?? make.data.metadata.name} was made</Mark>
        </p>
      )}
      {make.error && (
        <div className="mt-2">
          <Notice title="No Freight was made" message={make.error.message} />
        </div>
      )}
    </>
  )
}

/** Only to be called by its versions: it is not there yet. */
function asFreight({ freight, name }: { freight: object; name: string }): Freight {
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Freight',
    metadata: { name },
    origin: { kind: 'Warehouse', name: '' },
    ...freight,
  }
}
