import type { RequestMeter } from './meter.ts'

/** Guarded fetch: address rules, redirects without credentials, size and time bounds. */
export interface HttpCapability {
  /**
   * Errors: Forbidden (address refused), Unreachable (nothing was sent, or a safe method failed on its way), Timeout,
   * TooLarge, Canceled, BadRequest (not a request), and OutcomeUnknown when anything but GET, HEAD and OPTIONS was cut
   * off after it may have been sent. An HTTP error status is an answer, not an error.
   */
  fetch(url: string, init: HttpInit): Promise<HttpResponse>
}

export interface HttpInit {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
  readonly timeoutMs: number
  readonly insecureSkipTLSVerify?: boolean | undefined
  /** Larger bodies are cut off with TooLarge. */
  readonly maxBytes: number
  readonly signal: AbortSignal
  /** `http(s)://` address of a proxy; absent: as the installation says. */
  readonly proxy?: string | undefined
  /** `manual` hands a redirect back as the answer; default `follow`. */
  readonly redirect?: 'follow' | 'manual' | undefined
  /** The headers hold a credential from the store: refused over plain http, except to loopback. */
  readonly carriesCredential?: boolean | undefined
  /** Hears of every request that is sent, redirects included. */
  readonly meter?: RequestMeter | undefined
  /**
   * Takes the body of a 200 piece by piece, unpacked, instead of it being collected; `maxBytes` still holds, and what it
   * throws ends the request. The answer's body is then empty.
   */
  readonly onBody?: ((piece: Uint8Array) => void) | undefined
}

export interface HttpResponse {
  readonly status: number
  /** Of who answered in the end, after redirects: `https://example.com`. */
  readonly origin?: string | undefined
  /** Names in lower case; several values of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** Each value by itself, names in lower case. */
  readonly rawHeaders?: readonly (readonly [name: string, value: string])[] | undefined
  readonly body: Uint8Array
}
