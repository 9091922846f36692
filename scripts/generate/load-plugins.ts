import { isJsonObject } from '../../src/core/json.ts'
import type { Receiver } from '../../src/receiver.ts'
import type { Source } from '../../src/source.ts'
import type { Step } from '../../src/step.ts'
import type { Metric } from '../../src/metric.ts'
import type { CredentialProvider } from '../../src/credential.ts'
import { pluginFiles } from './plugins.ts'

/** What every plugin has, whatever its seam. */
export interface Described {
  readonly kind: string
  readonly summary: string
}

export interface Plugins {
  readonly steps: readonly Step[]
  readonly sources: readonly Source[]
  readonly metrics: readonly Metric[]
  readonly hosts: readonly Described[]
  readonly agents: readonly Described[]
  readonly credentials: readonly CredentialProvider[]
  readonly receivers: readonly Receiver[]
}

/** The plugins, read from their folders: not from the generated list, which may be stale. */
export async function loadPlugins(): Promise<Plugins> {
  return {
    steps: await load<Step>('steps'),
    sources: await load<Source>('sources'),
    metrics: await load<Metric>('metrics'),
    hosts: await load('hosts'),
    agents: await load('agents'),
    credentials: await load<CredentialProvider>('credentials'),
    receivers: await load<Receiver>('receivers'),
  }
}

async function load<T extends Described>(folder: string): Promise<T[]> {
  const plugins: T[] = []
  for (const name of pluginFiles(folder)) {
    const module: unknown = await import(`../../src/${folder}/${name}.ts`)
    const plugin: unknown = isModule(module) ? module.default : undefined
    if (!isDescribed(plugin))
      throw new Error(`src/${folder}/${name}.ts exports no plugin by default`)
    if (plugin.kind !== name) {
      throw new Error(
        `src/${folder}/${name}.ts defines "${plugin.kind}": its name must be its kind`,
      )
    }
    // The type check of `plugins.gen.ts` proves that each folder holds plugins of its seam.
    plugins.push(plugin as T)
  }
  return plugins
}

function isModule(value: unknown): value is { readonly default: unknown } {
  return typeof value === 'object' && value !== null && 'default' in value
}

function isDescribed(value: unknown): value is Described {
  return (
    isJsonObject(value) && typeof value['kind'] === 'string' && typeof value['summary'] === 'string'
  )
}
