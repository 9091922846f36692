import { GantryError, type ErrorCode } from '../../core/errors.ts'

/**
 * What git says when our own copy of a repository is damaged. A name or an id that somebody asked for and that is not
 * there is no damage.
 */
const damage =
  /is corrupt|object file .{0,1000} is empty|does not match index|index file .{0,1000} is (too small|corrupt)|unknown object type|inflate|not a git repository: '|bad config line|unable to read (tree|[0-9a-f]{40})|could not read [0-9a-f]{40}|failed to traverse parents|did not send all necessary objects/iu

/** What git says when a remote is to blame, and what kind of failure that is. First match wins. */
const symptoms: readonly (readonly [RegExp, ErrorCode])[] = [
  // Our own copy is at fault, not the remote.
  [damage, 'Internal'],
  [/unable to write/iu, 'Internal'],
  [/returned error: 429|too many requests/iu, 'RateLimited'],
  [
    /authentication failed|could not read (username|password)|returned error: 401/iu,
    'Unauthorized',
  ],
  [/permission denied \(|host key verification failed/iu, 'Unauthorized'],
  [
    /returned error: 403|access denied|not authori[sz]ed|permission to .{0,1000} denied/iu,
    'Forbidden',
  ],
  [/returned error: 404|repository .{0,1000} not found|not found: did you run/iu, 'NotFound'],
  [/not our ref|couldn't find remote ref|unadvertised object/iu, 'NotFound'],
  [/does not appear to be a git repository/iu, 'NotFound'],
  [/operation too slow|timed? ?out/iu, 'Timeout'],
  [
    /could not resolve|failed to connect|couldn't connect|connection (refused|reset|closed)|hung up|early eof|rpc failed|unexpected disconnect|returned error: 5\d\d|empty reply|recv failure|ssl|certificate|unable to access/iu,
    'Unreachable',
  ],
]

/** Whether a command failed because of what it found in a repository of ours. */
export function isDamage(error: unknown): boolean {
  return error instanceof GantryError && error.code === 'Internal' && damage.test(error.message)
}

/** Whether a fetch brought everything and only could not keep a reference under its name. */
export function isAboutNames(error: unknown): boolean {
  return (
    error instanceof GantryError &&
    /cannot lock ref|local refs? could not be updated|update local ref/iu.test(error.message)
  )
}

/**
 * The error for a git command that failed. With a `remote` it talked to one, so a failure of no known kind counts as
 * the remote's.
 */
export function blame(
  what: string,
  stderr: string,
  remote: { readonly url: string; readonly credential?: object | undefined } | undefined,
): GantryError {
  // An address may hold any word.
  const told = remote === undefined ? stderr : stderr.replaceAll(remote.url, '')
  const code =
    remote === undefined
      ? 'Internal'
      : (symptoms.find(([symptom]) => symptom.test(told))?.[1] ?? 'Unreachable')
  const why =
    remote !== undefined && code === 'Unauthorized' && !/host key/iu.test(stderr)
      ? describeRefusal(remote.credential !== undefined)
      : shorten(stderr)
  return new GantryError(code, `${what}: ${why}`)
}

/** git itself only says that it could not ask anybody for a password. */
function describeRefusal(hasCredential: boolean): string {
  return hasCredential
    ? 'the server refuses the credential that the project has for this address: check it'
    : 'the server asks for a credential, and the project has none for this address: add a Secret with its repoURL and the label kargo.akuity.io/cred-type: git'
}

/** The lines that say something, in one, without git's own prefixes and advice. */
export function shorten(stderr: string): string {
  const lines = stderr
    .split(/[\r\n]+/u)
    .map((line) => line.trim().replace(/^(fatal|error|warning): /u, ''))
    .filter((line) => line !== '' && !line.startsWith('hint:') && !/^(To|From) \S+$/u.test(line))
  const text = [...new Set(lines)].join('; ')
  return text === '' ? 'git gave no reason' : text.slice(0, 1000)
}
