import { useQuery } from '@tanstack/react-query'
import { call, projectPath } from '../api/client.ts'
import type { Explanation } from '../api/types.ts'

/** What the server says about a Stage's Freight; asked again whenever `version` (of what it depends on) moves. */
export function useExplanation(
  project: string,
  stage: string,
  freight: string | undefined,
  version: string,
) {
  const query = freight === undefined ? '' : `?freight=${encodeURIComponent(freight)}`
  return useQuery({
    queryKey: ['explain', project, stage, freight, version],
    queryFn: () =>
      call<Explanation>('GET', `${projectPath(project, 'stages', stage, 'explain')}${query}`),
    placeholderData: (previous) => previous,
  })
}
