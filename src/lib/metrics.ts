import { Gauge, Registry, collectDefaultMetrics } from 'prom-client'

/** Where a gauge's values come from: label values to number, read when somebody scrapes. */
export interface GaugeSource {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  read(): readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]
}

/** Prometheus text of the process and of the given sources. Nothing is counted between scrapes. */
export function createMetrics(sources: readonly GaugeSource[]): () => Promise<string> {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const source of sources) {
    const gauge: Gauge = new Gauge({
      name: source.name,
      help: source.help,
      labelNames: source.labels,
      registers: [registry],
      collect() {
        gauge.reset()
        for (const { labels, value } of source.read()) gauge.set(labels, value)
      },
    })
  }
  return () => registry.metrics()
}
