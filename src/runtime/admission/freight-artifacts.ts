import { isJsonObject } from '../../core/json.ts'
import type { Freight } from '../../core/kinds/freight.ts'
import type { Chart, GitCommit, Image } from '../../core/kinds/artifacts.ts'
import { type Warehouse, WarehouseKind } from '../../core/kinds/warehouse.ts'
import { normChart, normGit } from '../../core/repo-url.ts'
import type { StoreReader } from '../../store.ts'
import { invalid } from './refuse.ts'

/** An artifact or a subscription, by what both are known by. */
interface Entry {
  readonly field: string
  /** For messages. */
  readonly address: string
  readonly key: string
}

/**
 * A Freight holds one artifact for each subscription of its Warehouse, and nothing else. Artifacts of other types than
 * commits, images and charts are let through: nothing is known of them here.
 */
export async function checkArtifacts(freight: Freight, reader: StoreReader): Promise<void> {
  const artifacts = entriesOf(freight)
  if (artifacts.length === 0 && (freight.artifacts ?? []).length === 0) {
    throw invalid(freight, 'images', 'at least one commit, image, chart or artifact is required')
  }
  const { namespace } = freight.metadata
  const warehouse = await reader.get(WarehouseKind, { namespace, name: freight.origin.name })
  if (warehouse === undefined) {
    throw invalid(freight, 'origin.name', `there is no Warehouse "${freight.origin.name}"`)
  }
  const title = `Warehouse "${warehouse.metadata.name}"`
  const wanted = new Map(subscriptionsOf(warehouse).map((entry) => [entry.key, entry]))
  const found = new Set<string>()
  for (const { field, address, key } of artifacts) {
    if (!wanted.has(key)) {
      throw invalid(freight, field, `${title} has no subscription for ${address}`)
    }
    if (found.has(key)) {
      throw invalid(freight, field, `the subscription for ${address} has an artifact already`)
    }
    found.add(key)
  }
  for (const { field, address, key } of wanted.values()) {
    if (found.has(key)) continue
    throw invalid(
      freight,
      field,
      `there is no artifact for the subscription to ${address} of ${title}`,
    )
  }
}

function entriesOf({ commits = [], images = [], charts = [] }: Freight): Entry[] {
  return [
    ...commits.map((commit, index) => entry(`commits[${index}]`, 'commits', commit)),
    ...images.map((image, index) => entry(`images[${index}]`, 'images', image)),
    ...charts.map((chart, index) => entry(`charts[${index}]`, 'charts', chart)),
  ]
}

type List = 'commits' | 'images' | 'charts'

/** The keys of subscriptions whose artifacts have lists of their own in a Freight. */
const lists: Readonly<Record<string, List>> = { git: 'commits', image: 'images', chart: 'charts' }

function subscriptionsOf(warehouse: Warehouse): Entry[] {
  return warehouse.spec.subscriptions.flatMap((subscription) =>
    Object.entries(subscription).flatMap(([type, body]) => {
      const list = Object.hasOwn(lists, type) ? lists[type] : undefined
      if (list === undefined || !isJsonObject(body)) return []
      const { repoURL, name } = body
      return [
        entry(list, list, {
          repoURL: typeof repoURL === 'string' ? repoURL : '',
          name: typeof name === 'string' ? name : '',
        }),
      ]
    }),
  )
}

function entry(field: string, list: List, item: GitCommit | Image | Chart): Entry {
  const { repoURL = '' } = item
  const name = 'name' in item ? (item.name ?? '') : ''
  const address = list === 'charts' && name !== '' ? `${repoURL} ${name}` : repoURL
  switch (list) {
    case 'commits':
      return { field, address, key: `commits ${normGit(repoURL)}` }
    case 'images':
      return { field, address, key: `images ${repoURL}` }
    case 'charts':
      return { field, address, key: `charts ${normChart(repoURL)} ${name}` }
  }
}
