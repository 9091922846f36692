import { type ManifestOptions, withManifests, writeManifests } from './apply.ts'
import { type AddCommand, withServer } from './context.ts'
import { addCreateFreight } from './create-freight.ts'
import { addCreateProject } from './create-project.ts'
import { addCreateRole } from './create-role.ts'
import { addCreateToken } from './create-token.ts'
import { addCreateRepoCredentials } from './repo-credentials.ts'
import { addCreateConfigMap, addCreateGenericCredentials } from './named-values.ts'

/** `gantry create -f FILE`, and a command for each thing that is made from flags. */
export const addCreate: AddCommand = (program, io) => {
  const group = program
    .command('create')
    .description('create objects: those of manifests, or one from flags')
  withManifests(withServer(group)).action((options: ManifestOptions) =>
    writeManifests(io, options, { method: 'POST', query: {}, done: 'created' }),
  )
  const commands = [
    addCreateProject,
    addCreateFreight,
    addCreateConfigMap,
    addCreateRepoCredentials,
    addCreateGenericCredentials,
    addCreateRole,
    addCreateToken,
  ]
  for (const add of commands) add(group, io)
}
