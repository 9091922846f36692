import { adminActor } from '../../src/core/actor.ts'
import type { Project } from '../../src/core/kinds/project.ts'
import { type Stage, StageKind } from '../../src/core/kinds/stage.ts'
import type { Store } from '../../src/store.ts'

export const write = { actor: adminActor }
export const namespace = 'bench'

export function project(): Project {
  return { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Project', metadata: { name: namespace } }
}

export function createStage(store: Store, name: string): Promise<Stage> {
  return store.create(StageKind, stage(name), write)
}

/** A Stage of some 2 KB, as people write them. */
export function stage(name: string): Stage {
  const image = 'registry.example.com/team/application'
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Stage',
    metadata: { name, namespace, labels: { tier: 'bench' } },
    spec: {
      requestedFreight: [
        { origin: { kind: 'Warehouse', name: 'images' }, sources: { direct: true } },
      ],
      promotionTemplate: {
        spec: {
          steps: Array.from({ length: 8 }, (_, at) => ({
            uses: 'yaml-update',
            as: `update-${at}`,
            config: {
              path: `./src/environments/${name}/values-${at}.yaml`,
              updates: [{ key: 'image.tag', value: `\${{ imageFrom("${image}").Tag }}` }],
            },
          })),
        },
      },
    },
  }
}
