/**
 * A variable of the environment. One that is empty is one that is not set: what starts Gantry (a compose file, a chart)
 * often hands on variables that nobody gave a value.
 */
export function fromEnv(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name]
  return value === '' ? undefined : value
}
