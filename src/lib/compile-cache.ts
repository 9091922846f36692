import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Modules loaded from here on are compiled once and kept in the user's own cache folder, so that the next start is
 * faster. A folder that cannot be written only means no cache; NODE_DISABLE_COMPILE_CACHE=1 says not to.
 */
export function keepCompiled(env: NodeJS.ProcessEnv): void {
  const caches = env['XDG_CACHE_HOME'] || join(homedir(), '.cache')
  enableCompileCache(env['NODE_COMPILE_CACHE'] ?? join(caches, 'gantry', 'compiled'))
}
