import type { Credential } from './credential.ts'
import type { Json } from './json.ts'
import type { RequestMeter } from './meter.ts'
import type { YamlReader } from './yaml.ts'

/** Documents over HTTP that are looked at again and again, with what is worth remembering between looks. */
export interface DocumentCapability {
  /**
   * What the reader made of the document. A document that did not change is not sent again. Errors: NotFound,
   * Unauthorized, Forbidden, RateLimited (with `retryAfterMs`), Unreachable, Timeout, TooLarge, and what the reader
   * throws.
   */
  read(request: DocumentRequest): Promise<Json>
}

export interface DocumentRequest {
  /** `http(s)://`. */
  readonly url: string
  readonly accept: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** User name and password, sent to this very host only. */
  readonly credential?: Credential | undefined
  readonly insecureSkipTLSVerify: boolean
  /** Of the document, unpacked. */
  readonly maxBytes: number
  readonly reader: DocumentReader
  readonly signal: AbortSignal
  readonly meter?: RequestMeter | undefined
  /** On the clock's monotonic scale: what was asked for later than this will do; absent: every call asks. */
  readonly since?: number | undefined
}

/** Reads a document piece by piece. */
export interface DocumentReader {
  /** Readers of one name make the same of the same document. */
  readonly name: string
  /** For one pass over one document. */
  start(): DocumentPass
}

export interface DocumentPass {
  push(piece: Uint8Array): void
  /** Throws Invalid when the document is not what it should be. */
  end(): Json
  /** The same, with a parser that holds up nothing; for documents whose parsing may take long. */
  endLater?(yaml: YamlReader, signal: AbortSignal): Promise<Json>
}
