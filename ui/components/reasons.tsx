import type { Reason } from '../api/types.ts'
import { Mark } from '../kit/mark.tsx'
import { useNow } from '../kit/now.ts'
import { formatSpan } from '../kit/time.tsx'

/** Why not yet: the server's own sentences, with how long each may still take. */
export function Reasons({ reasons }: { reasons: readonly Reason[] }) {
  const now = useNow(1000)
  return (
    <ul className="flex flex-col gap-1">
      {reasons.map(({ code, message, mayChangeAt }) => (
        <li key={`${code} ${message}`}>
          <Mark tone={mayChangeAt === undefined ? 'none' : 'waiting'}>{message}</Mark>
          {mayChangeAt !== undefined && mayChangeAt > now && (
            <span className="text-quiet"> ({formatSpan(mayChangeAt - now)} left)</span>
          )}
        </li>
      ))}
    </ul>
  )
}
