/**
 * What is odd about the address of a subscription: secrets in it, and addresses of another type than the one it stands
 * under. Pure; the sentences never repeat user info.
 */

export interface AddressAdvice {
  /** Whether the address must not be stored; else the sentence is only worth a warning. */
  readonly isRefused: boolean
  readonly message: string
}

/** Undefined when nothing is odd. @param type - the type that the address stands under, as in `git`. */
export function adviseAddress(type: string, address: string): AddressAdvice | undefined {
  const text = address.trim()
  const secret = secretIn(text)
  if (secret !== undefined) return { isRefused: true, message: secret }
  switch (type) {
    case 'git':
      return adviseGit(text)
    case 'image':
      return adviseImage(text)
    case 'chart':
      return adviseChart(text)
    default:
      return undefined
  }
}

const tokenPrefixes =
  /^(gh[opusr]_|github_pat_|glpat-|gldt-|glptt-|ATBB|ATCTT|x-token-auth|oauth2$)/

/** A password in an address would be in every copy of the object; a user name alone is none, unless it is a token. */
function secretIn(text: string): string | undefined {
  const [, userInfo = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)@/i.exec(text) ?? []
  const [user = '', ...password] = userInfo.split(':')
  const isSecret = password.join(':') !== '' || tokenPrefixes.test(user)
  return isSecret
    ? 'must not hold a password or a token: put it in a Secret with the label kargo.akuity.io/cred-type'
    : undefined
}

function adviseGit(text: string): AddressAdvice | undefined {
  if (text.startsWith('oci://')) {
    return refused(
      'is an OCI address: use a subscription of type chart, or of type image without "oci://"',
    )
  }
  if (/^(file|git|ftp|s3):\/\/|^[a-z]+::|^[./~]/i.test(text)) {
    return refused('must begin with https://, http:// or ssh://, or be of the form user@host:path')
  }
  if (/^https?:\/\/[^?#]*\/index\.ya?ml$/i.test(text)) {
    return warned(
      'looks like a chart repository: use a subscription of type chart, without "index.yaml"',
    )
  }
  const isBareHost = /^https?:\/\/[^/]+\/?$/i.test(text)
  if (isBareHost) {
    return refused(
      'names no repository on its host; if it is a chart repository use a subscription of type chart',
    )
  }
  const isImage = !text.includes('://') && !text.includes('@') && isImageName(text)
  if (isImage) {
    return refused(
      'is no address of a git repository: for an image use a subscription of type image',
    )
  }
  return undefined
}

function adviseImage(text: string): AddressAdvice | undefined {
  if (text.startsWith('oci://')) {
    return refused(
      'must be without "oci://", as in ghcr.io/example/app; for a chart use a subscription of type chart',
    )
  }
  if (/@sha(256|512):[a-f0-9]+$/.test(text)) {
    return refused('must be without a digest: which image is taken is decided by the strategy')
  }
  if (/^ssh:\/\/|^[\w.-]+@[\w.-]+:/i.test(text) || /^https?:\/\/.*\.git\/?$/i.test(text)) {
    return refused('is an address of a git repository: use a subscription of type git')
  }
  if (/^https?:\/\//i.test(text)) {
    return refused(
      'must be without a scheme, as in ghcr.io/example/app; for a git repository use a subscription of type git, for a chart repository one of type chart',
    )
  }
  const [, tag] = /:([^/:]*)$/.exec(text) ?? []
  if (tag !== undefined) {
    return refused(
      'must be without a tag: to follow one tag say it in "constraint" with imageSelectionStrategy: Digest',
    )
  }
  return undefined
}

function adviseChart(text: string): AddressAdvice | undefined {
  if (/^ssh:\/\/|^[\w.-]+@[\w.-]+:/i.test(text)) {
    return refused('is an address of a git repository: use a subscription of type git')
  }
  if (/^https?:\/\/.*\.git\/?$/i.test(text)) {
    return warned('looks like a git repository: use a subscription of type git')
  }
  if (/^oci:\/\/.*(@|:\d*[^\d/:][^/:]*$)/i.test(text)) {
    return refused('must be without a tag or digest: say "semverConstraint"')
  }
  if (!text.includes('://') && isImageName(text)) {
    return refused(
      'has no scheme: begin with oci:// or https://; for an image use a subscription of type image',
    )
  }
  return undefined
}

/** `nginx`, `ghcr.io/example/app:1`: what is written without a scheme. */
function isImageName(text: string): boolean {
  return /^[\w.-]+(:\d+)?(\/[\w.-]+)*(:[\w.-]+)?(@[a-z0-9]+:[a-f0-9]+)?$/i.test(text)
}

function refused(message: string): AddressAdvice {
  return { isRefused: true, message }
}

function warned(message: string): AddressAdvice {
  return { isRefused: false, message }
}
