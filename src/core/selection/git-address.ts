/** `ssh://`, `http(s)://` with a path, or `user@host:path`. */
export const gitAddress =
  /^(?:(?:ssh|https?):\/\/(?:[^\s/@]+@)?(?:\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::\d{1,5})?\/\S+|[\w.-]+@[\w.-]+:[^\s:]\S*)$/

const forms = 'use https://host/path, ssh://user@host/path or user@host:path'

/** What is wrong with something that is no address of a git repository, and where it belongs. Quotes nothing of it. */
export function whyNoGitAddress(text: unknown): string {
  if (typeof text !== 'string' || text === '') return `no address of a git repository; ${forms}`
  if (/^oci:\/\//iu.test(text) || /\/index\.yaml$/iu.test(text))
    return `the address of a chart repository, not of a git repository: subscribe to it under \`chart\`; for git, ${forms}`
  if (/^[\w.-]+(:\d+)?(\/[\w.-]+)*([:@][\w.:-]+)?$/u.test(text) && !text.startsWith('-'))
    return `looks like the address of an image, not of a git repository: subscribe to it under \`image\`; for git, ${forms}`
  return `no address of a git repository that is allowed; ${forms}`
}

/** So long a user name over http is a token, whatever it is called. */
const minTokenLength = 20

/** Why an address holds what must not stand in a manifest; undefined when it does not. */
export function secretInAddress(address: string): string | undefined {
  const [, user = '', password] = /^https?:\/\/([^\s/@:]*)(:[^\s/@]*)?@/iu.exec(address) ?? []
  const isSecret = (password ?? '') !== '' || user.length >= minTokenLength
  return isSecret
    ? 'the address holds a credential: put it into a Secret with the label kargo.akuity.io/cred-type: git, and write the address without it'
    : undefined
}

/** Without a password or token, for everything that is shown or written. */
export function withoutSecret(address: string): string {
  return secretInAddress(address) === undefined
    ? address
    : address.replace(/^(https?:\/\/)[^\s/@]*@/iu, '$1')
}
