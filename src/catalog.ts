import { z } from 'zod'
import type { Json, JsonObject } from './core/json.ts'
import { agents, credentials, hosts, metrics, receivers, sources, steps } from './plugins.gen.ts'

/** Every plugin there is, by seam, each with its kind, a line about it and the JSON Schema of its configuration. */
export function pluginCatalog(): JsonObject {
  return {
    steps: steps.map((step) => ({
      ...about(step),
      effect: step.effect,
      schema: toSchema(step.config),
      output: toSchema(step.output),
      example: step.example,
    })),
    sources: sources.map((source) => ({
      ...about(source),
      schema: toSchema(source.subscription),
      example: source.example,
    })),
    metrics: metrics.map((metric) => ({
      ...about(metric),
      schema: toSchema(metric.provider),
      example: metric.example,
    })),
    hosts: hosts.map(about),
    agents: agents.map(about),
    credentials: credentials.map((provider) => ({
      ...about(provider),
      from: provider.from,
      ...(provider.from === 'secret'
        ? { schema: toSchema(provider.keys), example: { ...provider.example } }
        : { schema: toSchema(provider.settings) }),
    })),
    receivers: receivers.map((receiver) => ({
      ...about(receiver),
      secretKey: receiver.secretKey,
      authentication: receiver.authentication,
      events: [...receiver.events],
      schema: toSchema(receiver.config),
      example: receiver.example,
    })),
  }
}

function about({ kind, summary }: { readonly kind: string; readonly summary: string }): {
  kind: string
  summary: string
  schema: Json
} {
  return { kind, summary, schema: {} }
}

function toSchema(schema: z.ZodType): Json {
  // A JSON Schema is JSON by definition; the library types it with optional members.
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonObject
}
