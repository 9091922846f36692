import type { Samples } from '../sample.ts'
import { azure } from './azure.ts'
import { bitbucket } from './bitbucket.ts'
import { gitea } from './gitea.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { artifactory, dockerhub, generic, harbor, quay } from './registries.ts'

/** Deliveries of every kind of receiver. */
export const samplesOf: Readonly<Record<string, Samples>> = {
  artifactory,
  azure,
  bitbucket,
  dockerhub,
  generic,
  gitea,
  github,
  gitlab,
  harbor,
  quay,
}
