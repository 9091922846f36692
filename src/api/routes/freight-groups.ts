import { GantryError } from '../../core/errors.ts'
import type { Freight } from '../../core/kinds/freight.ts'
import { compareLoosely } from '../tag-order.ts'
import { discoveredAtMs } from './freight.ts'

/** `{key: {items}}`; ungrouped Freight has the key "". Newest first, or by tag of the first image or chart. */
export function groupFreight(
  freight: readonly Freight[],
  query: URLSearchParams,
): Record<string, { items: Freight[] }> {
  const groupBy = query.get('groupBy') ?? ''
  const orderBy = query.get('orderBy') ?? 'first_seen'
  const only = query.get('group')
  checkOptions(groupBy, orderBy, only)
  const groups = new Map<string, Freight[]>()
  for (const item of freight) {
    for (const key of groupKeys(item, groupBy)) {
      if (only !== null && only !== '' && key !== only) continue
      const group = groups.get(key) ?? []
      group.push(item)
      groups.set(key, group)
    }
  }
  const direction = query.get('reverse') === 'true' ? -1 : 1
  const compare = orderBy === 'tag' ? compareTags(groupBy) : compareAge
  return Object.fromEntries(
    [...groups].map(([key, items]) => [
      key,
      { items: items.sort((a, b) => direction * compare(a, b)) },
    ]),
  )
}

function checkOptions(groupBy: string, orderBy: string, only: string | null): void {
  if (!['', 'image_repo', 'git_repo', 'chart_repo'].includes(groupBy)) {
    throw new GantryError(
      'BadRequest',
      `cannot group by ${JSON.stringify(groupBy)}: use image_repo, git_repo or chart_repo`,
      { field: 'groupBy' },
    )
  }
  if (only && groupBy === '')
    throw new GantryError('BadRequest', 'group needs groupBy', { field: 'group' })
  if (!['first_seen', 'tag'].includes(orderBy)) {
    throw new GantryError(
      'BadRequest',
      `cannot order by ${JSON.stringify(orderBy)}: use first_seen or tag`,
      { field: 'orderBy' },
    )
  }
  if (orderBy === 'tag' && !['image_repo', 'chart_repo'].includes(groupBy)) {
    throw new GantryError(
      'BadRequest',
      'orderBy=tag needs groupBy=image_repo or groupBy=chart_repo',
      { field: 'orderBy' },
    )
  }
}

function groupKeys(freight: Freight, groupBy: string): readonly string[] {
  switch (groupBy) {
    case 'image_repo':
      return [...new Set((freight.images ?? []).map((image) => image.repoURL ?? ''))]
    case 'git_repo':
      return [...new Set((freight.commits ?? []).map((commit) => commit.repoURL ?? ''))]
    case 'chart_repo':
      return [
        ...new Set(
          (freight.charts ?? []).map((chart) =>
            [chart.repoURL, chart.name].filter(Boolean).join('/'),
          ),
        ),
      ]
    default:
      return ['']
  }
}

function compareAge(a: Freight, b: Freight): number {
  return discoveredAtMs(b) - discoveredAtMs(a) || compareText(b.metadata.name, a.metadata.name)
}

function compareTags(groupBy: string): (a: Freight, b: Freight) => number {
  const tagOf = (freight: Freight): string =>
    (groupBy === 'image_repo' ? freight.images?.[0]?.tag : freight.charts?.[0]?.version) ?? ''
  return (a, b) => compareLoosely(tagOf(b), tagOf(a)) || compareAge(a, b)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
