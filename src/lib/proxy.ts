/** As in HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
export interface ProxySettings {
  readonly http?: string | undefined
  readonly https?: string | undefined
  /** Hosts and domain suffixes that are reached directly, or `*`. */
  readonly no?: readonly string[] | undefined
}

/** Reads the usual variables, in capitals or not; undefined when no proxy is named. */
export function readProxySettings(
  env: Readonly<Record<string, string | undefined>>,
): ProxySettings | undefined {
  const read = (name: string): string | undefined => {
    const text = (env[name.toLowerCase()] || env[name] || '').trim()
    if (text === '') return undefined
    return text.includes('://') || name === 'NO_PROXY' ? text : `http://${text}`
  }
  const settings = {
    http: read('HTTP_PROXY') ?? read('ALL_PROXY'),
    https: read('HTTPS_PROXY') ?? read('ALL_PROXY'),
    no: read('NO_PROXY')?.split(','),
  }
  return settings.http === undefined && settings.https === undefined ? undefined : settings
}

/** The proxy for a URL; undefined: it is reached directly, as this machine itself always is. */
export function proxyFor(url: URL, settings: ProxySettings | undefined): string | undefined {
  const host = url.hostname.replace(/^\[|\]$/gu, '').toLowerCase()
  if (settings === undefined || host === 'localhost' || /^(127\.|::1$)/u.test(host))
    return undefined
  const isExcluded = (settings.no ?? []).some((entry) => {
    const suffix = entry
      .trim()
      .toLowerCase()
      .replace(/^\*?\./u, '')
    return entry.trim() === '*' || host === suffix || (suffix !== '' && host.endsWith(`.${suffix}`))
  })
  if (isExcluded) return undefined
  if (url.protocol === 'https:') return settings.https
  return url.protocol === 'http:' ? settings.http : undefined
}
