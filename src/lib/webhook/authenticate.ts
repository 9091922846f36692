import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { GantryError } from '../../core/errors.ts'
import type { ReceivedRequest } from '../../receiver.ts'
import { header } from './header.ts'

/** Throws Unauthorized unless the header holds the hex HMAC-SHA256 of the body, with or without `sha256=`. */
export function checkHmac(request: ReceivedRequest, name: string, secret: string): void {
  const given = header(request, name)
  if (given === '') throw missing(name)
  const expected = createHmac('sha256', secret).update(request.body).digest('hex')
  const digest = given.startsWith('sha256=') ? given.slice('sha256='.length) : given
  if (!isSame(digest.toLowerCase(), expected)) throw wrong(name)
}

/** Throws Unauthorized unless the header holds the secret itself. */
export function checkToken(request: ReceivedRequest, name: string, secret: string): void {
  const given = header(request, name)
  if (given === '') throw missing(name)
  if (!isSame(given, secret)) throw wrong(name)
}

/** In a time that does not depend on where the two differ, nor on how long they are. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}

function missing(name: string): GantryError {
  return new GantryError('Unauthorized', `the request has no ${name} header`)
}

function wrong(name: string): GantryError {
  return new GantryError('Unauthorized', `the ${name} header does not fit the receiver's secret`)
}
