import type { ReceivedRequest } from '../../receiver.ts'

/** The first value of a header; empty when it is absent. */
export function header(request: ReceivedRequest, name: string): string {
  const key = name.toLowerCase()
  return Object.hasOwn(request.headers, key) ? (request.headers[key]?.[0] ?? '') : ''
}

/** The first of these headers that is there; undefined when none is. */
export function firstHeader(
  request: ReceivedRequest,
  ...names: readonly string[]
): string | undefined {
  return names.map((name) => header(request, name)).find((value) => value !== '')
}
