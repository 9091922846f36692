import { z } from 'zod'
import { type JsonObject, isJsonObject } from '../core/json.ts'
import { allKinds } from '../core/kinds/index.ts'
import type { Operation } from './operation.ts'

/** The OpenAPI 3.0 document, from the same records that route the requests. */
export function openApiDocument(operations: readonly Operation[], version: string): JsonObject {
  const paths: Record<string, JsonObject> = {}
  for (const operation of operations) {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation, path) }
  }
  const schemas = Object.fromEntries(allKinds.map((kind) => [kind.kind, toSchema(kind.schema)]))
  return {
    openapi: '3.0.3',
    info: { title: 'Gantry API', version },
    security: [{ BearerAuth: [] }],
    paths,
    components: {
      securitySchemes: { BearerAuth: { type: 'http', scheme: 'bearer' } },
      schemas: { ...schemas, Problem: problemSchema },
    },
  }
}

const problemSchema: JsonObject = {
  type: 'object',
  required: ['error', 'code'],
  properties: {
    error: { type: 'string' },
    code: { type: 'string' },
    field: { type: 'string' },
    details: { type: 'array', items: { type: 'string' } },
  },
}

function describe(operation: Operation, path: string): JsonObject {
  const { access, body, answers } = operation
  const problem = {
    description: 'failed',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
  return {
    summary: operation.summary,
    tags: [operation.tag],
    ...(access === 'public' && { security: [] }),
    'x-gantry-access': typeof access === 'string' ? access : { ...access },
    parameters: [...pathParameters(path), ...queryParameters(operation)],
    ...(body && {
      requestBody: {
        required: !body.optional,
        content: {
          [body.type === 'text' ? 'text/plain' : 'application/json']: {
            schema: body.schema
              ? toSchema(body.schema)
              : { type: body.type === 'text' ? 'string' : 'object' },
          },
        },
      },
    }),
    responses: { [String(answers.status)]: answerSchema(operation), default: problem },
  }
}

function answerSchema({ answers }: Operation): JsonObject {
  const schema = answers.schema ? toSchema(answers.schema) : kindSchema(answers.kind)
  const content: JsonObject = {
    ...(schema && { 'application/json': { schema } }),
    ...(answers.watchable && { 'text/event-stream': { schema: { type: 'string' } } }),
  }
  return { description: 'ok', ...(Object.keys(content).length > 0 && { content }) }
}

function kindSchema(name: string | undefined): JsonObject | undefined {
  if (name === undefined) return undefined
  if (!name.endsWith('List')) return { $ref: `#/components/schemas/${name}` }
  const items: JsonObject = {
    type: 'array',
    items: { $ref: `#/components/schemas/${name.slice(0, -4)}` },
  }
  return {
    type: 'object',
    required: ['items'],
    properties: { items, metadata: { type: 'object' } },
  }
}

function pathParameters(path: string): JsonObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name: name ?? '',
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters(operation: Operation): JsonObject[] {
  const declared: JsonObject = operation.query ? toSchema(operation.query) : {}
  const properties = isJsonObject(declared['properties']) ? declared['properties'] : {}
  const watch: JsonObject = operation.answers.watchable
    ? { watch: { type: 'boolean' }, resourceVersion: { type: 'string' } }
    : {}
  return Object.entries({ ...properties, ...watch }).map(([name, schema]) => ({
    name,
    in: 'query',
    schema,
  }))
}

function toSchema(schema: z.ZodType): JsonObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'any',
  })
  // A JSON Schema is JSON; its declared type has optional members that JsonObject spells as undefined.
  return rest as JsonObject
}
