import { useSyncExternalStore } from 'react'

/** Below the `md:` of the stylesheet: a phone, or a window as narrow as one. */
const narrow = window.matchMedia('(width < 48rem)')

export function useIsNarrow(): boolean {
  return useSyncExternalStore(
    (onChange) => {
      narrow.addEventListener('change', onChange)
      return () => narrow.removeEventListener('change', onChange)
    },
    () => narrow.matches,
  )
}
