import { GantryError, isErrorCode } from '../core/errors.ts'
import { isJsonObject, jsonText } from '../core/json.ts'
import { ProjectKind } from '../core/kinds/project.ts'
import { type AddCommand, type ServerOptions, connect, withServer } from './context.ts'
import { type ResultOptions, printResult, withResult } from './result.ts'

/** `gantry create project NAME` */
export const addCreateProject: AddCommand = (group, io) => {
  const command = group.command('project').description('create a project').argument('<name>')
  withResult(withServer(command)).action(
    async (name: string, options: ServerOptions & ResultOptions) => {
      const client = await connect(io, options)
      const project = {
        apiVersion: ProjectKind.apiVersion,
        kind: ProjectKind.kind,
        metadata: { name },
      }
      const answer = await client.send('POST', '/v1beta1/resources?multiple=true', [project])
      printResult(io, createdIn(answer), 'created', options)
    },
  )
}

/** The object of the one result. Throws what the server says of it. */
function createdIn(answer: unknown): unknown {
  const results = isJsonObject(answer) && Array.isArray(answer['results']) ? answer['results'] : []
  const [result] = results
  if (!isJsonObject(result)) throw new GantryError('Internal', 'the server sent no result')
  const { error, code } = result
  if (error === undefined) return result['createdResourceManifest']
  throw new GantryError(isErrorCode(code) ? code : 'Invalid', jsonText(error))
}
