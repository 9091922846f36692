import type { HttpCapability } from '../core/http.ts'

/** Where the operator allows credentials over plain http, one is nothing special to the guarded fetch. */
export function carefree(http: HttpCapability): HttpCapability {
  return { fetch: (url, init) => http.fetch(url, { ...init, carriesCredential: false }) }
}
