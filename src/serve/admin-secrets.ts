import { randomBytes } from 'node:crypto'
import { isLoopback } from '../api/listen.ts'
import { GantryError } from '../core/errors.ts'
import { fromEnv } from '../lib/from-env.ts'

/** What proves that someone is the admin. */
export interface AdminSecrets {
  readonly token: string
  /** Plain, or `scrypt:<salt hex>:<hash hex>`. Undefined: nobody logs in by password. */
  readonly password: string | undefined
}

const minTokenLength = 16
const tokenBytes = 32

/**
 * The admin's token and password: the environment's, else the token of the last start, else a new one of 256 bits.
 * Throws BadRequest for a token that could be guessed, and when other machines can reach us and there is no password.
 */
export function adminSecrets(
  host: string,
  env: NodeJS.ProcessEnv,
  knownToken: string | undefined,
): AdminSecrets {
  const password = fromEnv(env, 'GANTRY_ADMIN_PASSWORD')
  if (password === undefined && !isLoopback(host)) {
    throw new GantryError(
      'BadRequest',
      `refusing to listen on ${host}, which other machines can reach, without an admin password: set GANTRY_ADMIN_PASSWORD`,
      { field: 'host' },
    )
  }
  const given = fromEnv(env, 'GANTRY_ADMIN_TOKEN')
  if (given !== undefined && !(given.length >= minTokenLength && /^[\x21-\x7e]+$/.test(given))) {
    throw new GantryError(
      'BadRequest',
      `GANTRY_ADMIN_TOKEN cannot be the admin's token: use at least ${minTokenLength} letters, digits or signs without spaces, or leave it out and one is made`,
      { field: 'GANTRY_ADMIN_TOKEN' },
    )
  }
  return { token: given ?? knownToken ?? randomBytes(tokenBytes).toString('base64url'), password }
}
