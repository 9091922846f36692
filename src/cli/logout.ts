import type { AddCommand } from './context.ts'
import { changeSettings, readSettings } from './settings.ts'

/** `gantry logout [--all]`: forgets the token of the server that commands talk to, or all of them. */
export const addLogout: AddCommand = (program, io) => {
  program
    .command('logout')
    .description('forget the token of the server that commands talk to')
    .option('--all', 'every server and token, and the project')
    .action(async ({ all }: { all?: boolean }) => {
      const { current } = await readSettings(io.env)
      await changeSettings(io.env, (settings) => {
        if (all) return { current: undefined, project: undefined, tokens: {}, insecure: [] }
        const kept = Object.entries(settings.tokens).filter(([url]) => url !== current)
        return { ...settings, tokens: Object.fromEntries(kept) }
      })
      io.out(all ? 'every server forgotten' : `signed out of ${current ?? 'no server'}`)
    })
}
