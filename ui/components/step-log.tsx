import { useQuery } from '@tanstack/react-query'
import { isTerminal } from '../../src/core/policy/promotion-order.ts'
import { call, projectPath } from '../api/client.ts'
import type { Promotion, StepLogLine } from '../api/types.ts'

const logEveryMs = 2000

/** What the steps of a promotion say, while they say it. */
export function StepLog({ project, promotion }: { project: string; promotion: Promotion }) {
  const { name, resourceVersion } = promotion.metadata
  const { data } = useQuery({
    queryKey: ['logs', project, name, resourceVersion],
    queryFn: () =>
      call<{ lines: StepLogLine[] }>('GET', projectPath(project, 'promotions', name, 'logs')),
    placeholderData: (previous) => previous,
    // Lines come also while nothing changes in the promotion itself.
    refetchInterval: isTerminal(promotion) ? false : logEveryMs,
  })
  const lines = data?.lines ?? []
  if (lines.length === 0) return <p className="text-quiet">Nothing said yet.</p>
  return (
    <pre className="max-h-64 overflow-auto rounded bg-page p-2 font-mono text-xs whitespace-pre-wrap">
      {lines.map(({ seq, alias, line }) => (
        <span key={seq} className="block">
          <span className="text-quiet">{alias} </span>
          {line}
        </span>
      ))}
    </pre>
  )
}
