import { GantryError } from '../../core/errors.ts'

/** As far as a `Link` header is looked at. */
const maxHeader = 8192

/**
 * Where a list goes on: the path of the `Link` with `rel="next"`, on this very host and at the path of the list. Undefined
 * where it ends. A header that cannot be read, or that leads elsewhere, is Invalid: half a list must not pass for the
 * whole.
 */
export function nextPage(
  link: string | undefined,
  host: string,
  current: string,
): string | undefined {
  const targets = new Set(
    linksOf(link ?? '', host)
      .filter(isNext)
      .map(({ target }) => target),
  )
  const [target, ...others] = targets
  if (target === undefined) return undefined
  const base = new URL(current, `https://${host}`)
  const next = URL.canParse(target, base) ? new URL(target, base) : undefined
  if (others.length > 0 || next?.host !== base.host || next.pathname !== base.pathname) {
    throw new GantryError('Invalid', `the tag list of ${host} goes on elsewhere`)
  }
  return next.pathname + next.search
}

/** One parameter of a link that was found to be readable. */
const parameter = /;\s*([^\s=;,"]+)(?:\s*=\s*(?:"([^"]*)"|([^\s;,"]+)))?/g

interface Link {
  readonly target: string
  readonly relations: readonly string[]
}

function isNext({ relations }: Link): boolean {
  return relations.includes('next')
}

/** `<target>; name=value; name="value", <target>…` (RFC 8288). */
function linksOf(header: string, host: string): Link[] {
  const unreadable = (): GantryError =>
    new GantryError(
      'Invalid',
      `the tag list of ${host} may go on, but its Link header cannot be read`,
    )
  if (header.length > maxHeader) throw unreadable()
  const link =
    /\s*<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]+))?)*)\s*(?:,|$)/y
  const links: Link[] = []
  while (header.slice(link.lastIndex).trim() !== '') {
    const at = link.lastIndex
    const found = link.exec(header)
    if (found === null || link.lastIndex === at) throw unreadable()
    const [, target = '', parameters = ''] = found
    const relation = [...parameters.matchAll(parameter)].find(
      ([, name = '']) => name.toLowerCase() === 'rel',
    )
    const relations = (relation?.[2] ?? relation?.[3] ?? '').toLowerCase().split(/\s+/)
    links.push({ target, relations })
  }
  return links
}
