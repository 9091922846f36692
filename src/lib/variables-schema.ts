import { z } from 'zod'

/** A schema of variables of the environment, none of them required, from what each is for. */
export function variablesSchema(meanings: Readonly<Record<string, string>>): z.ZodObject {
  const fields = Object.entries(meanings).map(([name, meaning]) => [
    name,
    z.string().optional().describe(meaning),
  ])
  return z.object(Object.fromEntries(fields))
}
