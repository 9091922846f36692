import type { ExchangeTools, IssuedToken } from '../../credential.ts'
import { askForJson } from '../exchange.ts'
import { googleScope, googleToken } from './token.ts'

/** Where tokens of a service account are made (generateAccessToken). */
export function impersonationUrl(email: string): string {
  const account = `projects/-/serviceAccounts/${encodeURIComponent(email)}`
  return `https://iamcredentials.googleapis.com/v1/${account}:generateAccessToken`
}

/** A token of the service account that the address names, for whoever the other token belongs to. */
export async function impersonate(
  tools: ExchangeTools,
  own: Pick<IssuedToken, 'password'>,
  { title, url, lifeSeconds = 3600 }: { title: string; url: string; lifeSeconds?: number },
  signal: AbortSignal,
): Promise<IssuedToken> {
  const step = {
    title,
    url,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${own.password}` },
    body: JSON.stringify({ scope: [googleScope], lifetime: `${lifeSeconds}s` }),
  }
  const token = googleToken(await askForJson(tools.http, step, signal), title, tools.clock.now())
  tools.conceal(token.password)
  return token
}
