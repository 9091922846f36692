import { GantryError } from '../../core/errors.ts'
import { bareHost } from '../bare-host.ts'
import { withoutUserInfo } from '../../core/repo-url.ts'

/** Where a repository is, cleaned: what may be put on a command line and into messages. */
export interface GitAddress {
  readonly kind: 'http' | 'ssh'
  /** Without user info for http(s); `ssh://[user@]host[:port]/path` for both forms of ssh. */
  readonly url: string
  /** `user@host:path` as it was written, where its path begins in the home of the user: `url` cannot say that. */
  readonly fromHome: string | undefined
  readonly host: string
  readonly port: number
  readonly user: string | undefined
  readonly password: string | undefined
}

/**
 * Reads a repository address: `https://`, `http://`, `ssh://` or `user@host:path`. Everything else git understands
 * (local paths, `file://`, `ext::` and other helpers) is Invalid, and so is whatever could be taken for an option.
 */
export function parseAddress(repoURL: string): GitAddress {
  const text = repoURL.trim()
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (text === '' || /[\s\u0000-\u001f\u007f]/u.test(text)) {
    throw refused(text)
  }
  const scp = /^([\w.-]+)@([\w.-]+|\[[0-9a-f:]+\]):(?!\/\/)(.+)$/iu.exec(text)
  const spelled = scp
    ? `ssh://${scp[1] ?? ''}@${scp[2] ?? ''}/${(scp[3] ?? '').replace(/^\/+/u, '')}`
    : text
  if (!/^(https?|ssh):\/\/[^/]/iu.test(spelled) || !URL.canParse(spelled)) throw refused(text)
  const url = new URL(spelled)
  const host = bareHost(url.hostname)
  if (host === '' || host.startsWith('-') || url.username.startsWith('-') || url.hash !== '') {
    throw refused(text)
  }
  const isSsh = url.protocol === 'ssh:'
  const user = url.username === '' ? undefined : decode(url.username)
  const password = url.password === '' ? undefined : decode(url.password)
  url.password = ''
  if (!isSsh) url.username = ''
  const defaultPort = isSsh ? 22 : url.protocol === 'https:' ? 443 : 80
  return {
    kind: isSsh ? 'ssh' : 'http',
    url: url.href.replace(/\/$/u, ''),
    fromHome: scp === null || scp[3]?.startsWith('/') ? undefined : text,
    host,
    port: url.port === '' ? defaultPort : Number(url.port),
    user,
    password,
  }
}

/** Throws Invalid unless git would accept `refs/heads/<name>` and nothing could take the name for an option. */
export function checkRefName(name: string, what: string): void {
  const isGood =
    isRefName(name) &&
    name !== '@' &&
    name !== 'HEAD' &&
    !name.startsWith('-') &&
    name.length <= maxNameLength
  if (!isGood) throw new GantryError('Invalid', `"${name}" cannot be the name of a ${what}`)
}

const maxNameLength = 250

/** Whether git takes `refs/heads/<name>` for the name of a ref. */
export function isRefName(name: string): boolean {
  return (
    name !== '' &&
    !name.startsWith('/') &&
    !name.endsWith('/') &&
    !name.endsWith('.') &&
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    !/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|(^|\/)\.|\.lock(\/|$)/u.test(name)
  )
}

export function isObjectId(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/u.test(text)
}

function refused(text: string): GantryError {
  return new GantryError(
    'Invalid',
    `"${withoutUserInfo(text)}" is not a repository address that is allowed; use https://, ssh:// or user@host:path`,
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The id itself; throws Invalid when it is not a whole object id. */
export function checkedId(id: string): string {
  if (!isObjectId(id)) throw new GantryError('Invalid', `"${id}" is not a whole commit id`)
  return id
}
