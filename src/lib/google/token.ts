import type { IssuedToken, RepoType } from '../../core/credential.ts'
import { GantryError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { ociHost } from '../../core/repo-url.ts'

/** Whether an image or chart is in Artifact Registry or the old Container Registry. */
export function isGoogleRegistry(type: RepoType, url: string): boolean {
  const host = ociHost(type, url) ?? ''
  return /^[a-z0-9-]+-docker\.pkg\.dev$/u.test(host) || /^(?:[a-z0-9-]+\.)?gcr\.io$/u.test(host)
}

export const googleScope = 'https://www.googleapis.com/auth/cloud-platform'

/** An access token, as Google's registries want it: the user name is always the same. */
export function googleToken(answer: JsonObject, title: string, nowMs: number): IssuedToken {
  const token = answer['access_token'] ?? answer['accessToken']
  if (typeof token !== 'string' || token === '') {
    throw new GantryError('Invalid', `${title} failed: the answer has no access token`)
  }
  const seconds = answer['expires_in']
  const at =
    typeof answer['expireTime'] === 'string' ? Date.parse(answer['expireTime']) : Number.NaN
  const expiresAt =
    typeof seconds === 'number' ? nowMs + seconds * 1000 : Number.isNaN(at) ? nowMs + 2_400_000 : at
  return { username: 'oauth2accesstoken', password: token, expiresAt }
}
