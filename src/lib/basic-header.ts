import type { Credential } from '../core/credential.ts'

/** The `Authorization` header of a user name and password. */
export function basicHeader({ username = '', password = '' }: Credential): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
