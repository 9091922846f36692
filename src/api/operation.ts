import type { z } from 'zod'
import type { Actor } from '../core/actor.ts'
import type { ApiParts } from './parts.ts'

/**
 * An API operation as data. The router, the permission check, the OpenAPI document and the tests that enumerate every
 * route all read the same record, so an operation without a declared permission cannot exist.
 */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Hono path: `/v1beta1/projects/:project/stages/:stage`. */
  readonly path: string
  readonly summary: string
  readonly tag: string
  readonly access: Access
  readonly query: z.ZodType | undefined
  readonly body: BodyRule | undefined
  readonly answers: Answers
  handle(call: Call): Promise<Answer>
}

/**
 * Who may call: everyone, anyone signed in, whoever may read something in the path's `:project`, or whoever may do
 * `verb` on `resource` there. `name` says which path parameter names the object, `nameQuery` which query parameter.
 */
export type Access =
  | 'public'
  | 'signed-in'
  | 'project-reader'
  | {
      readonly verb: string
      readonly group?: string
      readonly resource: string
      readonly name?: string
      /** Whether that may also be the alias of Freight, whose name counts then. */
      readonly mayBeAlias?: true
      readonly nameQuery?: string
      /** Where the objects live when not in the path's Project. */
      readonly home?: Home | undefined
    }

/** The namespaces of no Project: what all share, what the system uses, and the system's own accounts. */
export type Home = 'system' | 'shared' | 'install'

export interface BodyRule {
  readonly type: 'json' | 'text'
  readonly schema?: z.ZodType | undefined
  /** Larger bodies are refused with 413 before they are parsed. */
  readonly maxBytes: number
  readonly optional?: boolean
}

export interface Answers {
  readonly status: number
  readonly schema?: z.ZodType | undefined
  /** Name of a resource kind (or `<Kind>List`) that the OpenAPI document refers to. */
  readonly kind?: string | undefined
  /** True when `?watch=true` turns the answer into a stream of server-sent events. */
  readonly watchable?: boolean | undefined
}

/** One request on its way through a handler. */
export interface Call {
  readonly method: string
  readonly actor: Actor
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: unknown
  readonly headers: Headers
  /** The address that it comes from; empty when that is not known. */
  readonly address: string
  readonly signal: AbortSignal
  readonly parts: ApiParts
}

export type Answer =
  | {
      readonly type: 'json'
      readonly status: number
      readonly body: unknown
      readonly headers?: Record<string, string>
    }
  | {
      readonly type: 'text'
      readonly status: number
      readonly body: string
      readonly contentType: string
    }
  | { readonly type: 'empty'; readonly status: number; readonly headers?: Record<string, string> }
  | {
      readonly type: 'events'
      readonly events: AsyncIterable<ServerSentEvent>
      /** Asked again and again while it lasts; throws when the caller may no longer read it. */
      readonly admit?: (() => Promise<unknown>) | undefined
    }

/** Without data it only tells the client from where it could go on. */
export interface ServerSentEvent {
  readonly event?: string
  readonly id?: string
  readonly data?: string
}

export const ok = (body: unknown, status = 200): Answer => ({ type: 'json', status, body })
export const noContent: Answer = { type: 'empty', status: 204 }

type OperationInput = Omit<Operation, 'query' | 'body' | 'answers'> & {
  readonly query?: z.ZodType
  readonly body?: BodyRule
  readonly answers?: Answers
}

export function operation(input: OperationInput): Operation {
  return { query: undefined, body: undefined, answers: { status: 200 }, ...input }
}
